"""What a program with psycopg 3 does with msb_org: psycopg3.py HOST PORT DATABASE

Prints what it saw as lines "name TAB value"; t/092_psycopg.pl knows what must come.
The parts that docs/clients.md shows stand there word for word.
"""
import datetime
import sys

import psycopg

sys.stdout.reconfigure(encoding="utf-8")
server = dict(zip(("host", "port", "dbname"), sys.argv[1:]), client_encoding="UTF8")
TARGET = "age 21; task authority; challenge homelessness"
PERSON = ("740398-0121", "authority", "homelessness", None)


def connect(user, **settings):
    return psycopg.connect(**server, user=user, **settings)


def say(name, value):
    print(name, str(value).replace("\n", " / "), sep="\t")


def text(value):
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "true", False: "false"}[value]
    return str(value)


def row(values):
    return "|".join(text(value) for value in values)


def ask(conn, sql, parameters=(), **how):
    """The rows of a query, with | between columns and ; between rows."""
    with conn.cursor(**how) as cur:
        return "; ".join(row(values) for values in cur.execute(sql, parameters))


def types(cur, found):
    """The columns of a result, with the Python class of what came."""
    return ", ".join(
        f"{column.name} {next((type(values[n]).__name__ for values in found if values[n] is not None), 'NULL')}"
        for n, column in enumerate(cur.description))


def refused(name, work, *arguments):
    """The work must fail; what the error says, with | between its parts."""
    try:
        work(*arguments)
        say(name, "not refused")
    except psycopg.Error as e:
        d = e.diag
        say(name, row((d.sqlstate, d.constraint_name, ".".join(map(text, (d.schema_name, d.table_name, d.column_name))),
                       d.message_primary, d.message_detail, d.message_hint)))
        say(name + ".shown", e)
        say(name + ".class", " ".join(c.__name__ for c in type(e).__mro__[:2]))


def report(binary):
    kind = "binary." if binary else ""
    with connect("rapport", autocommit=True) as conn, conn.cursor(binary=binary) as cur:
        cur.execute("SELECT * FROM msb_org.load_by_area(%s, %s, %s)",
                    ("msb-2019", datetime.date(2019, 8, 1), datetime.date(2019, 9, 2)))
        found = cur.fetchall()
        say(kind + "load.types", types(cur, found))
        for values in found:
            if values[0] in ("voksne", "unge"):
                say(kind + "load." + values[0], row(values))
        found = cur.execute("SELECT * FROM msb_org.moves_by_month()").fetchall()
        say(kind + "moves.types", types(cur, found))
        say(kind + "moves", row(found[0]))
        found = cur.execute("SELECT * FROM msb_org.violation").fetchall()
        say(kind + "violation.types", types(cur, found))
        say(kind + "violation", row(found[0][n] for n in (1, 3, 4, 6)))
        say(kind + "attachment", ask(conn, "SELECT case_table, relation::text, mode, facets ->> 'task' FROM msb_org.attachment", binary=binary))


def storing():
    with connect("fagsystem", autocommit=True) as conn, conn.cursor() as cur:
        insert = "INSERT INTO fag.klient (klient_id, cpr, gruppe) VALUES (%s, %s, %s)"
        cur.execute(insert, (1, "740398-0121", "age 18-; challenge homelessness"))
        cur.executemany(insert, [(n, f"610180400{n}", None if n == 9 else "age unknown") for n in range(2, 10)])
        with cur.copy("COPY fag.klient FROM STDIN") as copy:
            copy.write_row((10, "010819-6AB1", "any"))
            copy.write_row((11, None, None))
        say("klient.copied", cur.rowcount)
        for n in (1, 9, 10, 11):
            say(f"klient.{n}", ask(conn, "SELECT cpr, gruppe FROM fag.klient WHERE klient_id = %s", (n,)))
        for n in (1, 9, 10, 11):
            with conn.cursor(binary=True) as cur:
                cur.execute("SELECT cpr::text, gruppe::text FROM fag.klient WHERE klient_id = %s", (n,))
                say(f"binary.klient.{n}", row(cur.fetchone()))
        say("binary.uncast", ask(conn, "SELECT cpr, gruppe FROM fag.klient WHERE klient_id = 1", binary=True))
        # binary in, and a COPY from one table to another as programs that move data do it
        cur = conn.cursor()
        with cur.copy("COPY (SELECT klient_id + 1000, cpr, gruppe FROM fag.klient) TO STDOUT (FORMAT binary)") as copy:
            data = b"".join(copy)
        with cur.copy("COPY fag.klient FROM STDIN (FORMAT binary)") as copy:
            copy.write(data)
        say("binary.copied", cur.rowcount)
        say("binary.same", ask(conn, """SELECT count(*) FROM fag.klient a JOIN fag.klient b ON b.klient_id = a.klient_id + 1000
            WHERE (a.cpr::text, a.gruppe::text) IS NOT DISTINCT FROM (b.cpr::text, b.gruppe::text)"""))
        conn.execute("DELETE FROM fag.klient WHERE klient_id > 1000")
        say("klient.found", ask(conn, "SELECT klient_id FROM fag.klient WHERE cpr OPERATOR(msb_org.=) %s", ("7403980121",)))
        say("klient.contained", ask(conn, "SELECT klient_id FROM fag.klient WHERE gruppe OPERATOR(msb_org.@>) %s ORDER BY 1",
                                    ("age 21; challenge homelessness",)))
        refused("no_operator", ask, conn, "SELECT klient_id FROM fag.klient WHERE cpr = %s", ("7403980121",))
        with connect("fagsystem", options="-c search_path=public,msb_org") as other:
            say("search_path.found", ask(other, "SELECT klient_id FROM fag.klient WHERE cpr = %s", ("7403980121",)))
        refused("invalid", cur.execute, insert, (99, "740398x0121", None))

        def copy_invalid():
            with cur.copy("COPY fag.klient FROM STDIN") as copy:
                copy.write_row((99, "740398x0121", None))
        refused("invalid_copy", copy_invalid)
        say("klient.rows", ask(conn, "SELECT count(*) FROM fag.klient"))


def asking(binary):
    kind = "binary." if binary else ""
    with connect("fagsystem", autocommit=True) as conn:
        cur = conn.cursor(binary=binary)
        cur.execute("SELECT msb_org.area_of(%s::msb_org.cpr, %s, %s, %s)", PERSON)
        say(kind + "area_of.cast", row(cur.fetchone()))
        cur.execute("SELECT msb_org.area_of(%s, %s, %s, %s)", (datetime.date(1998, 3, 14), *PERSON[1:]))
        say(kind + "area_of.date", row(cur.fetchone()))
        say(kind + "in_area", ask(conn, "SELECT msb_org.in_area(%s, %s::msb_org.cpr, %s, %s, %s)", ("unge", *PERSON), binary=binary))
        say(kind + "decide", ask(conn, "SELECT * FROM msb_org.decide(%s)", (TARGET,), binary=binary))
        cur.execute("SELECT rule, target::text, matches, wins, behind FROM msb_org.explain_area(%s) WHERE matches", (TARGET,))
        found = cur.fetchall()
        say(kind + "explain_area", row(found[0]))
        say(kind + "explain_area.types", types(cur, found))
        if not binary:
            refused("no_cast", ask, conn, "SELECT msb_org.area_of(%s, %s, %s, %s)", PERSON)
            refused("unknown_label", ask, conn, "SELECT msb_org.area_of(%s::msb_org.cpr, %s, %s, %s)", ("740398-0121", "NOGET", "homelessness", None))


# A case as an application writes it; area None: the extension fills it in.
INSERT = """INSERT INTO fag.sag (sag_id, cpr, opgave, udfordring, omraade, oprettet)
            VALUES (%s, '740398-0121', 'authority', 'homelessness', %s, '2019-09-02')"""


def save(conn, key, area):
    """What the program shows its user when a case is refused: the server's own words."""
    try:
        with conn.transaction():
            conn.execute(INSERT, (key, area))
        return "saved"
    except psycopg.errors.CheckViolation as e:
        if e.diag.constraint_name != "msb_org_area":
            raise
        return f"{e.diag.message_primary}. {e.diag.message_detail} {e.diag.message_hint}"


def refusing():
    with connect("fagsystem", autocommit=True) as conn:
        refused("autocommit", conn.execute, INSERT, (401, "voksne"))
        conn.execute(INSERT, (402, None))
    with connect("fagsystem") as conn:
        conn.execute(INSERT, (403, "voksne"))
        say("before_commit", ask(conn, "SELECT omraade FROM fag.sag WHERE sag_id = 403"))
        refused("commit", conn.commit)
        say("save.wrong", save(conn, 404, "voksne"))
        say("save.right", save(conn, 405, "unge"))
        conn.cursor().executemany("UPDATE fag.sag SET omraade = %s WHERE sag_id = %s", [("job", 402), ("job", 405)])
        refused("batch", conn.commit)

        def early():
            with conn.transaction():            # a savepoint
                conn.execute(INSERT, (406, "job"))
                conn.execute("SET CONSTRAINTS fag.msb_org_area IMMEDIATE")
        conn.execute("SELECT 1")
        refused("early", early)
        conn.execute(INSERT, (406, None))
        conn.commit()
        say("sag", ask(conn, "SELECT sag_id, omraade FROM fag.sag WHERE sag_id > 400 ORDER BY sag_id"))


def prepared():
    """attach(), set_mode() and detach() while another session's statements are prepared on the server."""
    with connect("fagsystem", autocommit=True) as conn, connect("dba", autocommit=True) as dba:
        conn.prepare_threshold = 2
        for n in range(1, 33):
            inserted = ask(conn, "INSERT INTO fag.ydelse (ydelse_id, cpr, kode) VALUES (%s, %s, %s) RETURNING *", (n, "610180-4001", "KONTANT"))
            selected = ask(conn, "SELECT * FROM fag.ydelse WHERE ydelse_id = %s", (n,))
            if n % 8 == 0:
                say(f"prepared.{n}", inserted.replace("610180-4001|", "") + f" {text(inserted == selected)} "
                    + ask(conn, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", ("%fag.ydelse%",)))
            if n == 8:
                dba.execute("""SELECT msb_org.attach('fag.ydelse', key => 'ydelse_id', citizen => 'cpr', birth => 'cpr',
                    area => 'omraade', facets => '{"task": "kode"}', mode => 'fill')""")
            elif n == 16:
                dba.execute("SELECT msb_org.set_mode('fag.ydelse', 'observe')")
            elif n == 24:
                dba.execute("SELECT msb_org.detach('fag.ydelse')")


def caseworker():
    for role in ("unge", "ingen", "fagsystem"):
        with connect(role, autocommit=True) as conn:
            conn.prepare_threshold = 2
            for _ in range(8):
                seen = ask(conn, "SELECT string_agg(sag_id::text, ' ' ORDER BY sag_id) FROM fag.sag WHERE sag_id < %s", (400,))
            say("role." + role, seen)
    with connect("fagsystem") as conn:
        refused("not_granted", conn.execute, "SELECT * FROM msb_org.current_assignment")


def revoked():
    """The same for an application that may not even look into the schema."""
    with connect("fagsystem", autocommit=True) as conn, connect("unge") as unge, connect("dba", autocommit=True) as dba:
        dba.execute("REVOKE USAGE ON SCHEMA msb_org FROM PUBLIC")
        dba.execute("GRANT USAGE ON SCHEMA msb_org TO unge")
        conn.execute(INSERT, (501, None))
        refused("revoked", conn.execute, INSERT, (502, "voksne"))
        say("revoked.sag", ask(conn, "SELECT sag_id, omraade FROM fag.sag WHERE sag_id > 500"))
        say("revoked.klient", ask(conn, "INSERT INTO fag.klient VALUES (500, %s, %s) RETURNING cpr, gruppe", ("6101804001", "age 18-")))
        say("revoked.role", ask(unge, "SELECT string_agg(sag_id::text, ' ' ORDER BY sag_id) FROM fag.sag WHERE sag_id < 400 OR sag_id > 500"))


report(False)
report(True)
storing()
asking(False)
asking(True)
refusing()
prepared()
caseworker()
revoked()
