// What a program over JDBC does with msb_org: java -cp postgresql.jar Jdbc.java PORT DATABASE
// Prints what it saw as lines "name TAB value"; t/091_jdbc.pl knows what must come.
// The parts that docs/clients.md shows stand there word for word.
import java.io.StringReader;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

public class Jdbc {
    static String url;

    static Connection connect(String user, String... settings) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        for (int i = 0; i < settings.length; i += 2) {
            properties.setProperty(settings[i], settings[i + 1]);
        }
        return DriverManager.getConnection(url, properties);
    }

    static void say(String name, Object value) {
        System.out.println(name + "\t" + String.valueOf(value).replace("\n", " / "));
    }

    // A row with | between its columns, a NULL as NULL.
    static String row(ResultSet rs) throws SQLException {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= rs.getMetaData().getColumnCount(); i++) {
            Object value = rs.getObject(i);
            values.add(value == null ? "NULL" : value.toString());
        }
        return String.join("|", values);
    }

    static String rows(PreparedStatement ps) throws SQLException {
        List<String> all = new ArrayList<>();
        try (ResultSet rs = ps.executeQuery()) {
            while (rs.next()) {
                all.add(row(rs));
            }
        }
        return String.join("; ", all);
    }

    static String ask(Connection c, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement ps = c.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                if (parameters[i] instanceof String) {
                    ps.setString(i + 1, (String) parameters[i]);
                } else {
                    ps.setObject(i + 1, parameters[i]);
                }
            }
            return rows(ps);
        }
    }

    // A column of a result as JDBC describes it.
    static String types(ResultSet rs) throws SQLException {
        ResultSetMetaData meta = rs.getMetaData();
        List<String> types = new ArrayList<>();
        for (int i = 1; i <= meta.getColumnCount(); i++) {
            types.add(meta.getColumnName(i) + " " + meta.getColumnClassName(i).replaceAll(".*\\.", ""));
        }
        return String.join(", ", types);
    }

    interface Work {
        void run() throws SQLException;
    }

    // The work must fail; what the error says, with | between its parts.
    static void refused(String name, Work work) {
        try {
            work.run();
            say(name, "not refused");
        } catch (SQLException e) {
            ServerErrorMessage m = ((PSQLException) e).getServerErrorMessage();
            say(name, String.join("|", e.getSQLState(), m.getConstraint() + "", m.getSchema() + "." + m.getTable() + "." + m.getColumn(),
                    m.getMessage(), m.getDetail() + "", m.getHint() + "").replace("null", "NULL"));
            say(name + ".shown", e.getMessage());
        }
    }

    static void report() throws SQLException {
        try (Connection c = connect("rapport")) {
            String sql = "SELECT * FROM msb_org.load_by_area(?, ?, ?)";
            try (PreparedStatement ps = c.prepareStatement(sql)) {
                ps.setString(1, "msb-2019");
                ps.setDate(2, Date.valueOf("2019-08-01"));
                ps.setDate(3, Date.valueOf("2019-09-02"));
                try (ResultSet rs = ps.executeQuery()) {
                    say("load.types", types(rs));
                    while (rs.next()) {
                        if (rs.getString("unit") != null && rs.getString("unit").matches("voksne|unge")) {
                            say("load." + rs.getString("unit"), row(rs));
                        }
                    }
                }
            }
            try (Statement s = c.createStatement();
                    ResultSet rs = s.executeQuery("SELECT * FROM msb_org.moves_by_month()")) {
                say("moves.types", types(rs));
                rs.next();
                say("moves", row(rs));
            }
            try (Statement s = c.createStatement();
                    ResultSet rs = s.executeQuery("SELECT * FROM msb_org.violation")) {
                say("violation.types", types(rs));
                rs.next();
                say("violation", rs.getString("case_key") + "|" + rs.getString("given") + "|" + rs.getString("expected")
                        + "|" + rs.getString("reason"));
            }
            say("attachment", ask(c, "SELECT case_table, relation, mode, facets ->> 'task' FROM msb_org.attachment"));
        }
    }

    static void types() throws Exception {
        try (Connection c = connect("fagsystem")) {
            try (PreparedStatement insert =
                    c.prepareStatement("INSERT INTO fag.klient (klient_id, cpr, gruppe) VALUES (?, ?, ?)")) {
                insert.setInt(1, 1);
                insert.setString(2, "740398-0121");
                insert.setString(3, "age 18-; challenge homelessness");
                insert.executeUpdate();
            }
            try (PreparedStatement insert =
                    c.prepareStatement("INSERT INTO fag.klient (klient_id, cpr, gruppe) VALUES (?, ?, ?)")) {
                for (int n = 2; n <= 9; n++) {
                    insert.setInt(1, n);
                    insert.setString(2, "610180400" + n);
                    insert.setString(3, n == 9 ? null : "age unknown");
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            long copied = c.unwrap(PGConnection.class).getCopyAPI().copyIn(
                    "COPY fag.klient FROM STDIN (FORMAT csv)", new StringReader("10,010819-6AB1,any\n11,,\n"));
            say("klient.copied", copied);
            try (PreparedStatement ps = c.prepareStatement("SELECT cpr, gruppe FROM fag.klient WHERE klient_id = ?")) {
                for (int n : new int[] { 1, 9, 10, 11 }) {
                    ps.setInt(1, n);
                    say("klient." + n, rows(ps));
                }
                say("klient.types", types(ps.executeQuery()));
            }
            say("klient.found", ask(c, "SELECT klient_id FROM fag.klient WHERE cpr OPERATOR(msb_org.=) ?::msb_org.cpr", "7403980121"));
            say("klient.contained", ask(c, "SELECT klient_id FROM fag.klient WHERE gruppe OPERATOR(msb_org.@>) ?::msb_org.target_group"
                    + " ORDER BY 1", "age 21; challenge homelessness"));
            refused("invalid", () -> ask(c, "INSERT INTO fag.klient VALUES (99, ?, NULL) RETURNING 1", "740398x0121"));
            refused("invalid_copy", () -> {
                try {
                    c.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY fag.klient FROM STDIN (FORMAT csv)", new StringReader("99,740398x0121,\n"));
                } catch (java.io.IOException e) {
                    throw new RuntimeException(e);
                }
            });
            say("klient.rows", ask(c, "SELECT count(*) FROM fag.klient"));
        }
    }

    static void asking() throws SQLException {
        String target = "age 21; task authority; challenge homelessness";
        try (Connection c = connect("fagsystem")) {
            say("area_of.cast", ask(c, "SELECT msb_org.area_of(?::msb_org.cpr, ?, ?, ?)", "740398-0121", "authority", "homelessness", null));
            say("area_of.date", ask(c, "SELECT msb_org.area_of(?::date, ?, ?, ?)", Date.valueOf("1998-03-14"), "authority", "homelessness", null));
            say("in_area", ask(c, "SELECT msb_org.in_area(?, ?::msb_org.cpr, ?, ?, ?)", "unge", "740398-0121", "authority", "homelessness", null));
            say("decide", ask(c, "SELECT * FROM msb_org.decide(?::msb_org.target_group)", target));
            try (PreparedStatement ps = c.prepareStatement(
                    "SELECT rule, target, matches, wins, behind FROM msb_org.explain_area(?::msb_org.target_group) WHERE matches")) {
                ps.setString(1, target);
                say("explain_area", rows(ps));
                say("explain_area.types", types(ps.executeQuery()));
            }
            refused("no_cast", () -> ask(c, "SELECT msb_org.area_of(?, ?, ?, ?)", "740398-0121", "authority", "homelessness", null));
            refused("no_cast_target", () -> ask(c, "SELECT msb_org.area_of(?)", target));
            refused("unknown_label", () -> ask(c, "SELECT msb_org.area_of(?::msb_org.cpr, ?, ?, ?)", "740398-0121", "NOGET", "homelessness", null));
        }
        try (Connection c = connect("fagsystem", "stringtype", "unspecified")) {
            say("unspecified.target", ask(c, "SELECT msb_org.area_of(?)", target));
            say("unspecified.cast", ask(c, "SELECT msb_org.area_of(?::msb_org.cpr, ?, ?, ?)", "740398-0121", "authority", "homelessness", null));
            say("unspecified.operator", ask(c, "SELECT klient_id FROM fag.klient WHERE cpr OPERATOR(msb_org.=) ?", "740398-0121"));
            refused("unspecified.no_cast", () -> ask(c, "SELECT msb_org.area_of(?, ?, ?, ?)", "740398-0121", "authority", "homelessness", null));
        }
    }

    // A case as an application writes it; area NULL: the extension fills it in.
    static void insert(Connection c, int key, String area) throws SQLException {
        try (PreparedStatement ps = c.prepareStatement(
                "INSERT INTO fag.sag (sag_id, cpr, opgave, udfordring, omraade, oprettet) VALUES (?, ?, ?, ?, ?, ?)")) {
            ps.setInt(1, key);
            ps.setString(2, "740398-0121");
            ps.setString(3, "authority");
            ps.setString(4, "homelessness");
            ps.setString(5, area);
            ps.setDate(6, Date.valueOf("2019-09-02"));
            ps.executeUpdate();
        }
    }

    // What the program shows its user when a case is refused: the server's own words.
    static String save(Connection c, int key, String area) throws SQLException {
        try {
            insert(c, key, area);
            c.commit();
            return "saved";
        } catch (PSQLException e) {
            c.rollback();
            ServerErrorMessage m = e.getServerErrorMessage();
            if ("23514".equals(e.getSQLState()) && m != null && "msb_org_area".equals(m.getConstraint())) {
                return m.getMessage() + ". " + m.getDetail() + " " + m.getHint();
            }
            throw e;
        }
    }

    static void refusing() throws SQLException {
        try (Connection c = connect("fagsystem")) {
            refused("autocommit", () -> insert(c, 401, "voksne"));
            insert(c, 402, null);
            c.setAutoCommit(false);
            insert(c, 403, "voksne");
            say("before_commit", ask(c, "SELECT omraade FROM fag.sag WHERE sag_id = 403"));
            refused("commit", c::commit);
            c.rollback();
            say("save.wrong", save(c, 404, "voksne"));
            say("save.right", save(c, 405, "unge"));
            // in a batch
            try (PreparedStatement ps = c.prepareStatement("UPDATE fag.sag SET omraade = ? WHERE sag_id = ?")) {
                for (int key : new int[] { 402, 405 }) {
                    ps.setString(1, "job");
                    ps.setInt(2, key);
                    ps.addBatch();
                }
                ps.executeBatch();
            }
            refused("batch", c::commit);
            c.rollback();
            // early, so that the transaction can go on
            java.sql.Savepoint savepoint = c.setSavepoint();
            insert(c, 406, "job");
            refused("early", () -> {
                try (Statement s = c.createStatement()) {
                    s.execute("SET CONSTRAINTS fag.msb_org_area IMMEDIATE");
                }
            });
            c.rollback(savepoint);
            insert(c, 406, null);
            c.commit();
            say("sag", ask(c, "SELECT sag_id, omraade FROM fag.sag WHERE sag_id > 400 ORDER BY sag_id"));
            c.commit();
        }
    }

    // attach(), set_mode() and detach() while another session's statements are prepared on the server.
    static void prepared() throws SQLException {
        try (Connection c = connect("fagsystem"); Connection dba = connect("dba")) {
            PreparedStatement insert = c.prepareStatement("INSERT INTO fag.ydelse (ydelse_id, cpr, kode) VALUES (?, ?, ?) RETURNING *");
            PreparedStatement select = c.prepareStatement("SELECT * FROM fag.ydelse WHERE ydelse_id = ?");
            for (int n = 1; n <= 32; n++) {
                insert.setInt(1, n);
                insert.setString(2, "610180-4001");
                insert.setString(3, "KONTANT");
                String inserted = rows(insert);
                select.setInt(1, n);
                String selected = rows(select);
                if (n % 8 == 0) {
                    say("prepared." + n, inserted.replace("610180-4001|", "") + " " + inserted.equals(selected) + " "
                            + ask(c, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%fag.ydelse%'"));
                }
                if (n == 8) {
                    say("prepared.server", insert.unwrap(PGStatement.class).isUseServerPrepare());
                    ask(dba, "SELECT msb_org.attach('fag.ydelse', key => 'ydelse_id', citizen => 'cpr', birth => 'cpr',"
                            + " area => 'omraade', facets => '{\"task\": \"kode\"}', mode => 'fill')");
                } else if (n == 16) {
                    ask(dba, "SELECT msb_org.set_mode('fag.ydelse', 'observe')");
                } else if (n == 24) {
                    ask(dba, "SELECT msb_org.detach('fag.ydelse')");
                }
            }
        }
    }

    static void caseworker() throws SQLException {
        for (String role : new String[] { "unge", "ingen", "fagsystem" }) {
            try (Connection c = connect(role);
                    PreparedStatement ps = c.prepareStatement("SELECT string_agg(sag_id::text, ' ' ORDER BY sag_id) FROM fag.sag WHERE sag_id < ?")) {
                for (int n = 0; n < 8; n++) {
                    ps.setInt(1, 400);
                    rows(ps);
                }
                say("role." + role, rows(ps));
            }
        }
        try (Connection c = connect("fagsystem")) {
            refused("not_granted", () -> ask(c, "SELECT * FROM msb_org.current_assignment"));
        }
    }

    // The same for an application that may not even look into the schema.
    static void revoked() throws SQLException {
        try (Connection c = connect("fagsystem"); Connection unge = connect("unge"); Connection dba = connect("dba");
                Statement s = dba.createStatement()) {
            s.execute("REVOKE USAGE ON SCHEMA msb_org FROM PUBLIC; GRANT USAGE ON SCHEMA msb_org TO unge");
            insert(c, 501, null);
            refused("revoked", () -> insert(c, 502, "voksne"));
            say("revoked.sag", ask(c, "SELECT sag_id, omraade FROM fag.sag WHERE sag_id > 500"));
            say("revoked.klient", ask(c, "INSERT INTO fag.klient VALUES (500, ?, ?) RETURNING cpr, gruppe", "6101804001", "age 18-"));
            say("revoked.role", ask(unge, "SELECT string_agg(sag_id::text, ' ' ORDER BY sag_id) FROM fag.sag WHERE sag_id < 400 OR sag_id > 500"));
        }
    }

    public static void main(String[] arguments) throws Exception {
        System.setOut(new java.io.PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, "UTF-8"));
        url = "jdbc:postgresql://127.0.0.1:" + arguments[0] + "/" + arguments[1];
        report();
        types();
        asking();
        refusing();
        prepared();
        caseworker();
        revoked();
    }
}
