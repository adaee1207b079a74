"""What a program over ODBC does with msb_org: odbc.py, with the DSNs of ODBCINI

Prints what it saw as lines "name TAB value"; t/090_odbc.pl knows what must come.  The
DSN is a role's name, with _default for the driver's own settings.  The parts that
docs/clients.md shows stand there word for word.
"""
import datetime
import sys

import pyodbc

# docs/clients.md: the pool would give sessions back with autocommit off
pyodbc.pooling = False
sys.stdout.reconfigure(encoding="utf-8")
TARGET = "age 21; task authority; challenge homelessness"
PERSON = ("740398-0121", "authority", "homelessness", None)


def connect(dsn, **settings):
    return pyodbc.connect("DSN=" + dsn, **settings)


def say(name, value):
    print(name, str(value).replace("\n", " / "), sep="\t")


def text(value):
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "true", False: "false"}[value]
    # with "Int8 As" double a count is a float
    return str(int(value) if isinstance(value, float) else value)


def row(values):
    return "|".join(text(value) for value in values)


def ask(conn, sql, parameters=()):
    """The rows of a query, with | between columns and ; between rows."""
    return "; ".join(row(values) for values in conn.cursor().execute(sql, parameters))


def types(cur):
    """The columns of a result as the driver describes them (SQLDescribeCol)."""
    return ", ".join(f"{column[0]} {column[1].__name__}" + (f"({column[3]})" if column[1] is str else "") for column in cur.description)


def columns(cur, view):
    """The columns of a view as the driver lists them (SQLColumns)."""
    return ", ".join(f"{column.column_name} {column.data_type}({column.column_size})" for column in cur.columns(table=view, schema="msb_org"))


def refused(name, work, *arguments):
    """The work must fail; what the error says."""
    try:
        work(*arguments)
        say(name, "not refused")
    except pyodbc.Error as e:
        say(name, f"{type(e).__name__}|{e.args[0]}|{e.args[1].split(' (SQL')[0]}")
        say(name + ".shown", e.args)


def report(dsn):
    with connect(dsn, autocommit=True) as conn:
        cur = conn.cursor()
        cur.execute("SELECT * FROM msb_org.load_by_area(?, ?, ?)", "msb-2019", datetime.date(2019, 8, 1), datetime.date(2019, 9, 2))
        say(dsn + ".load.types", types(cur))
        for values in cur.fetchall():
            if values.unit in ("voksne", "unge"):
                say(f"{dsn}.load.{values.unit}", row(values))
        cur.execute("SELECT * FROM msb_org.moves_by_month()")
        say(dsn + ".moves.types", types(cur))
        say(dsn + ".moves", row(cur.fetchone()))
        cur.execute("SELECT * FROM msb_org.violation")
        say(dsn + ".violation.types", types(cur))
        say(dsn + ".violation.columns", columns(conn.cursor(), "violation"))
        found = cur.fetchone()
        say(dsn + ".violation", row((found.case_key, found.given, found.expected, found.reason)))
        say(dsn + ".attachment", ask(conn, "SELECT case_table, relation, mode, facets ->> 'task' FROM msb_org.attachment"))
        cur.execute("SELECT rule, target, matches, wins, behind FROM msb_org.explain_area(?::msb_org.target_group) WHERE matches", TARGET)
        say(dsn + ".explain_area.types", types(cur))
        say(dsn + ".explain_area", row(cur.fetchone()))
        # nothing is cut
        cur.execute("SELECT repeat('æ', 5000), ('challenge ' || string_agg('x' || n, '|'))::msb_org.target_group FROM generate_series(1, 1000) n")
        say(dsn + ".long", row(len(value) for value in cur.fetchone()))


def reports():
    """Every report and every view that docs/reports.md names, as the driver describes it."""
    with connect("dba_default", autocommit=True) as conn:
        found = conn.execute("""
            SELECT proname || '(' || array_to_string(array_fill('NULL'::text, ARRAY[pronargs - pronargdefaults]), ', ') || ')' FROM pg_catalog.pg_proc p
             WHERE pronamespace = 'msb_org'::regnamespace AND obj_description(p.oid, 'pg_proc') LIKE 'Report%'
            UNION ALL VALUES ('violation'), ('finding') ORDER BY 1""").fetchall()
        for (name,) in found:
            cur = conn.execute(f"SELECT * FROM msb_org.{name}")
            say("described." + name.split("(")[0], types(cur))


def storing():
    with connect("fagsystem", autocommit=True) as conn:
        cur = conn.cursor()
        insert = "INSERT INTO fag.klient (klient_id, cpr, gruppe) VALUES (?, ?, ?)"
        cur.execute(insert, 1, "740398-0121", "age 18-; challenge homelessness")
        cur.executemany(insert, [(n, f"610180400{n}", None if n == 9 else "age unknown") for n in range(2, 10)])
        cur.fast_executemany = True         # an array of parameters
        cur.executemany(insert, [(10, "010819-6AB1", "any"), (11, None, None)])
        for n in (1, 9, 10, 11):
            say(f"klient.{n}", ask(conn, "SELECT cpr, gruppe FROM fag.klient WHERE klient_id = ?", (n,)))
        cur.execute("SELECT cpr, gruppe FROM fag.klient WHERE klient_id = 1")
        say("klient.types", types(cur))
        say("klient.found", ask(conn, "SELECT klient_id FROM fag.klient WHERE cpr OPERATOR(msb_org.=) ?", ("7403980121",)))
        say("klient.contained", ask(conn, "SELECT klient_id FROM fag.klient WHERE gruppe OPERATOR(msb_org.@>) ? ORDER BY 1",
                                    ("age 21; challenge homelessness",)))
        refused("invalid", conn.cursor().execute, insert, 99, "740398x0121", None)
        say("klient.rows", ask(conn, "SELECT count(*) FROM fag.klient"))


def asking():
    with connect("fagsystem", autocommit=True) as conn:
        cur = conn.cursor()
        cur.execute("SELECT msb_org.area_of(?::msb_org.cpr, ?, ?, ?)", PERSON)
        say("area_of.cast", cur.fetchval())
        say("area_of.date", ask(conn, "SELECT msb_org.area_of(?::date, ?, ?, ?)", (datetime.date(1998, 3, 14), *PERSON[1:])))
        say("in_area", ask(conn, "SELECT msb_org.in_area(?, ?::msb_org.cpr, ?, ?, ?)", ("unge", *PERSON)))
        say("decide", ask(conn, "SELECT * FROM msb_org.decide(?)", (TARGET,)))
        refused("no_cast", ask, conn, "SELECT msb_org.area_of(?, ?, ?, ?)", PERSON)
        refused("unknown_label", ask, conn, "SELECT msb_org.area_of(?::msb_org.cpr, ?, ?, ?)", ("740398-0121", "NOGET", "homelessness", None))


# A case as an application writes it; area None: the extension fills it in.
INSERT = "INSERT INTO fag.sag (sag_id, cpr, opgave, udfordring, omraade, oprettet) VALUES (?, ?, ?, ?, ?, ?)"


def case(key, area):
    return (key, "740398-0121", "authority", "homelessness", area, datetime.date(2019, 9, 2))


def save(conn, key, area):
    """What the program shows its user when a case is refused: the server's own words."""
    try:
        conn.execute(INSERT, case(key, area))
        conn.commit()
        return "saved"
    except pyodbc.IntegrityError as e:
        conn.rollback()
        if e.args[0] != "23514":
            raise
        return e.args[1]


def refusing():
    with connect("fagsystem", autocommit=True) as conn:
        refused("autocommit", conn.execute, INSERT, case(401, "voksne"))
        conn.execute(INSERT, case(402, None))
    conn = connect("fagsystem")
    conn.execute(INSERT, case(403, "voksne"))
    say("before_commit", ask(conn, "SELECT omraade FROM fag.sag WHERE sag_id = 403"))
    refused("commit", conn.commit)
    say("save.wrong", save(conn, 404, "voksne").split(" (")[0])
    say("save.right", save(conn, 405, "unge"))
    conn.cursor().executemany("UPDATE fag.sag SET omraade = ? WHERE sag_id = ?", [("job", 402), ("job", 405)])
    refused("batch", conn.commit)
    conn.rollback()
    # early, so that the error comes with a statement
    conn.execute(INSERT, case(406, "job"))
    refused("early", conn.execute, "SET CONSTRAINTS fag.msb_org_area IMMEDIATE")
    conn.rollback()
    conn.execute(INSERT, case(406, None))
    conn.commit()
    say("sag", ask(conn, "SELECT sag_id, omraade FROM fag.sag WHERE sag_id > 400 ORDER BY sag_id"))
    conn.close()


def prepared():
    """attach(), set_mode() and detach() while another session's statements are prepared on the server."""
    conn, dba = connect("fagsystem", autocommit=True), connect("dba", autocommit=True)
    insert, select = conn.cursor(), conn.cursor()
    for n in range(1, 33):
        insert.execute("INSERT INTO fag.ydelse (ydelse_id, cpr, kode) VALUES (?, ?, ?) RETURNING *", n, "610180-4001", "KONTANT")
        inserted = row(insert.fetchone())
        select.execute("SELECT * FROM fag.ydelse WHERE ydelse_id = ?", n)
        selected = row(select.fetchone())
        if n % 8 == 0:
            say(f"prepared.{n}", inserted.replace("610180-4001|", "") + f" {text(inserted == selected)} "
                + ask(conn, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE ?", ("%fag.ydelse%",)))
        if n == 8:
            dba.execute("""SELECT msb_org.attach('fag.ydelse', key => 'ydelse_id', citizen => 'cpr', birth => 'cpr',
                area => 'omraade', facets => '{"task": "kode"}', mode => 'fill')""")
        elif n == 16:
            dba.execute("SELECT msb_org.set_mode('fag.ydelse', 'observe')")
        elif n == 24:
            dba.execute("SELECT msb_org.detach('fag.ydelse')")
    conn.close()
    dba.close()


def caseworker():
    for role in ("unge", "ingen", "fagsystem"):
        with connect(role, autocommit=True) as conn:
            cur = conn.cursor()
            for _ in range(8):
                cur.execute("SELECT string_agg(sag_id::text, ' ' ORDER BY sag_id) FROM fag.sag WHERE sag_id < ?", 400)
                seen = cur.fetchone()
            say("role." + role, row(seen))
    with connect("fagsystem") as conn:
        refused("not_granted", ask, conn, "SELECT * FROM msb_org.current_assignment")


def revoked():
    """The same for an application that may not even look into the schema."""
    with connect("dba", autocommit=True) as dba:
        dba.execute("REVOKE USAGE ON SCHEMA msb_org FROM PUBLIC")
        dba.execute("GRANT USAGE ON SCHEMA msb_org TO unge")
    with connect("fagsystem", autocommit=True) as conn, connect("unge", autocommit=True) as unge:
        conn.execute(INSERT, case(501, None))
        refused("revoked", conn.execute, INSERT, case(502, "voksne"))
        say("revoked.sag", ask(conn, "SELECT sag_id, omraade FROM fag.sag WHERE sag_id > 500"))
        say("revoked.klient", ask(conn, "INSERT INTO fag.klient VALUES (500, ?, ?) RETURNING cpr, gruppe", ("6101804001", "age 18-")))
        say("revoked.role", ask(unge, "SELECT string_agg(sag_id::text, ' ' ORDER BY sag_id) FROM fag.sag WHERE sag_id < 400 OR sag_id > 500"))


report("rapport_default")
report("rapport")
reports()
storing()
asking()
refusing()
prepared()
caseworker()
revoked()
