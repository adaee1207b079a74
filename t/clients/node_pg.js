// What a program with node-postgres (pg) does with msb_org: node_pg.js HOST PORT DATABASE
// Prints what it saw as lines "name TAB value"; t/093_node.pl knows what must come.
// The parts that docs/clients.md shows stand there word for word.
'use strict';

const { Client, Pool, types } = require('pg');

// A date stays a date (the default makes it midnight in the program's own zone), and a
// count a number (the default is a string).
types.setTypeParser(types.builtins.DATE, (value) => value);
types.setTypeParser(types.builtins.INT8, Number);

const server = { host: process.argv[2], port: Number(process.argv[3]), database: process.argv[4] };
const target = 'age 21; task authority; challenge homelessness';
const person = ['740398-0121', 'authority', 'homelessness', null];

async function connected(user, work, settings) {
    const client = new Client({ ...server, user, ...settings });
    await client.connect();
    try {
        return await work(client);
    } finally {
        await client.end();
    }
}

function say(name, value) {
    console.log(name + '\t' + String(value).replace(/\n/g, ' / '));
}

function row(values) {
    return values.map((value) => (value === null || value === undefined ? 'NULL' : String(value))).join('|');
}

// The rows of a query, with | between columns and ; between rows.
async function ask(client, text, values) {
    const result = await client.query({ text, values, rowMode: 'array' });
    return result.rows.map(row).join('; ');
}

// The columns of a result, with the class of what came.
function typesOf(result) {
    return result.fields.map((field, n) => {
        const found = result.rows.map((values) => values[n]).find((value) => value !== null);
        return field.name + ' ' + (found === undefined ? 'NULL' : found.constructor.name);
    }).join(', ');
}

// The work must fail; what the error says, with | between its parts.
async function refused(name, work) {
    try {
        await work();
        say(name, 'not refused');
    } catch (error) {
        say(name, row([error.code, error.constraint, [error.schema, error.table, error.column].map((part) => part ?? 'NULL').join('.'),
            error.message, error.detail, error.hint]));
        say(name + '.shown', [error.message, error.detail, error.hint, error.where].join(' '));
        say(name + '.class', error.constructor.name);
    }
}

async function report() {
    await connected('rapport', async (client) => {
        let result = await client.query({
            text: 'SELECT * FROM msb_org.load_by_area($1, $2, $3)',
            values: ['msb-2019', '2019-08-01', '2019-09-02'],
            rowMode: 'array',
        });
        say('load.types', typesOf(result));
        for (const values of result.rows.filter((found) => ['voksne', 'unge'].includes(found[0]))) {
            say('load.' + values[0], row(values));
        }
        result = await client.query({ text: 'SELECT * FROM msb_org.moves_by_month()', rowMode: 'array' });
        say('moves.types', typesOf(result));
        say('moves', row(result.rows[0]));
        result = await client.query({ text: 'SELECT * FROM msb_org.violation', rowMode: 'array' });
        say('violation.types', typesOf(result));
        say('violation', row([1, 3, 4, 6].map((n) => result.rows[0][n])));
        result = await client.query('SELECT case_table, relation, mode, facets FROM msb_org.attachment');
        const [found] = result.rows;
        say('attachment', row([found.case_table, found.relation, found.mode, found.facets.task]));
    });
}

async function storing() {
    await connected('fagsystem', async (client) => {
        const insert = { name: 'klient', text: 'INSERT INTO fag.klient (klient_id, cpr, gruppe) VALUES ($1, $2, $3)' };
        await client.query({ ...insert, values: [1, '740398-0121', 'age 18-; challenge homelessness'] });
        await client.query('BEGIN');
        for (let n = 2; n <= 9; n++) {
            await client.query({ ...insert, values: [n, '610180400' + n, n === 9 ? null : 'age unknown'] });
        }
        await client.query('COMMIT');
        // many rows in one statement
        await client.query('INSERT INTO fag.klient SELECT * FROM unnest($1::integer[], $2::msb_org.cpr[], $3::msb_org.target_group[])',
            [[10, 11], ['010819-6AB1', null], ['any', null]]);
        for (const n of [1, 9, 10, 11]) {
            say('klient.' + n, await ask(client, 'SELECT cpr, gruppe FROM fag.klient WHERE klient_id = $1', [n]));
        }
        say('klient.found', await ask(client, 'SELECT klient_id FROM fag.klient WHERE cpr OPERATOR(msb_org.=) $1', ['7403980121']));
        say('klient.contained', await ask(client, 'SELECT klient_id FROM fag.klient WHERE gruppe OPERATOR(msb_org.@>) $1 ORDER BY 1',
            ['age 21; challenge homelessness']));
        await refused('invalid', () => client.query({ ...insert, values: [99, '740398x0121', null] }));
        say('klient.rows', await ask(client, 'SELECT count(*) FROM fag.klient'));
    });
}

async function asking() {
    await connected('fagsystem', async (client) => {
        const result = await client.query('SELECT msb_org.area_of($1::msb_org.cpr, $2, $3, $4) AS area', person);
        say('area_of.cast', result.rows[0].area);
        say('area_of.date', await ask(client, 'SELECT msb_org.area_of($1::date, $2, $3, $4)', ['1998-03-14', ...person.slice(1)]));
        say('in_area', await ask(client, 'SELECT msb_org.in_area($1, $2::msb_org.cpr, $3, $4, $5)', ['unge', ...person]));
        say('decide', await ask(client, 'SELECT * FROM msb_org.decide($1)', [target]));
        const text = 'SELECT rule, target, matches, wins, behind FROM msb_org.explain_area($1) WHERE matches';
        say('explain_area', await ask(client, text, [target]));
        say('explain_area.types', typesOf(await client.query({ text, values: [target], rowMode: 'array' })));
        await refused('no_cast', () => client.query('SELECT msb_org.area_of($1, $2, $3, $4)', person));
        await refused('unknown_label', () => client.query('SELECT msb_org.area_of($1::msb_org.cpr, $2, $3, $4)', ['740398-0121', 'NOGET', 'homelessness', null]));
    });
}

// A case as an application writes it; area null: the extension fills it in.
function insert(client, key, area) {
    return client.query(`INSERT INTO fag.sag (sag_id, cpr, opgave, udfordring, omraade, oprettet)
        VALUES ($1, '740398-0121', 'authority', 'homelessness', $2, '2019-09-02')`, [key, area]);
}

// What the program shows its user when a case is refused: the server's own words. The
// client goes back to the pool in good order, whatever happened.
async function save(pool, key, area) {
    const client = await pool.connect();
    try {
        await client.query('BEGIN');
        await insert(client, key, area);
        await client.query('COMMIT');
        return 'saved';
    } catch (error) {
        await client.query('ROLLBACK');
        if (error.code === '23514' && error.constraint === 'msb_org_area') {
            return `${error.message}. ${error.detail} ${error.hint}`;
        }
        throw error;
    } finally {
        client.release();
    }
}

async function refusing() {
    await connected('fagsystem', async (client) => {
        await refused('autocommit', () => insert(client, 401, 'voksne'));
        await insert(client, 402, null);
        await client.query('BEGIN');
        await insert(client, 403, 'voksne');
        say('before_commit', await ask(client, 'SELECT omraade FROM fag.sag WHERE sag_id = 403'));
        await refused('commit', () => client.query('COMMIT'));
    });
    const pool = new Pool({ ...server, user: 'fagsystem', max: 1 });
    say('save.wrong', await save(pool, 404, 'voksne'));
    say('save.right', await save(pool, 405, 'unge'));
    const client = await pool.connect();
    await client.query('BEGIN');
    for (const key of [402, 405]) {
        await client.query('UPDATE fag.sag SET omraade = $1 WHERE sag_id = $2', ['job', key]);
    }
    await refused('batch', () => client.query('COMMIT'));
    // early, so that the transaction can go on
    await client.query('BEGIN; SAVEPOINT before_case');
    await insert(client, 406, 'job');
    await refused('early', () => client.query('SET CONSTRAINTS fag.msb_org_area IMMEDIATE'));
    await client.query('ROLLBACK TO SAVEPOINT before_case');
    await insert(client, 406, null);
    await client.query('COMMIT');
    say('sag', await ask(client, 'SELECT sag_id, omraade FROM fag.sag WHERE sag_id > 400 ORDER BY sag_id'));
    client.release();
    await pool.end();
}

// attach(), set_mode() and detach() while another session's statements are prepared on the server, by name.
async function prepared() {
    await connected('fagsystem', (client) => connected('dba', async (dba) => {
        for (let n = 1; n <= 32; n++) {
            const inserted = await client.query({ name: 'insert', rowMode: 'array', values: [n, '610180-4001', 'KONTANT'],
                text: 'INSERT INTO fag.ydelse (ydelse_id, cpr, kode) VALUES ($1, $2, $3) RETURNING *' });
            const selected = await client.query({ name: 'select', rowMode: 'array', values: [n],
                text: 'SELECT * FROM fag.ydelse WHERE ydelse_id = $1' });
            if (n % 8 === 0) {
                say('prepared.' + n, row(inserted.rows[0]).replace('610180-4001|', '') + ' ' + (row(inserted.rows[0]) === row(selected.rows[0]))
                    + ' ' + await ask(client, 'SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE $1', ['%fag.ydelse%']));
            }
            if (n === 8) {
                await dba.query(`SELECT msb_org.attach('fag.ydelse', key => 'ydelse_id', citizen => 'cpr', birth => 'cpr',
                    area => 'omraade', facets => '{"task": "kode"}', mode => 'fill')`);
            } else if (n === 16) {
                await dba.query("SELECT msb_org.set_mode('fag.ydelse', 'observe')");
            } else if (n === 24) {
                await dba.query("SELECT msb_org.detach('fag.ydelse')");
            }
        }
    }));
}

async function caseworker() {
    for (const user of ['unge', 'ingen', 'fagsystem']) {
        await connected(user, async (client) => {
            let seen;
            for (let n = 0; n < 8; n++) {
                seen = await client.query({ name: 'mine', rowMode: 'array', values: [400],
                    text: "SELECT string_agg(sag_id::text, ' ' ORDER BY sag_id) FROM fag.sag WHERE sag_id < $1" });
            }
            say('role.' + user, row(seen.rows[0]));
        });
    }
    await connected('fagsystem', (client) => refused('not_granted', () => client.query('SELECT * FROM msb_org.current_assignment')));
}

// The same for an application that may not even look into the schema.
async function revoked() {
    await connected('dba', (dba) => dba.query('REVOKE USAGE ON SCHEMA msb_org FROM PUBLIC; GRANT USAGE ON SCHEMA msb_org TO unge'));
    await connected('fagsystem', async (client) => {
        await insert(client, 501, null);
        await refused('revoked', () => insert(client, 502, 'voksne'));
        say('revoked.sag', await ask(client, 'SELECT sag_id, omraade FROM fag.sag WHERE sag_id > 500'));
        say('revoked.klient', await ask(client, 'INSERT INTO fag.klient VALUES (500, $1, $2) RETURNING cpr, gruppe', ['6101804001', 'age 18-']));
    });
    await connected('unge', async (client) => {
        say('revoked.role', await ask(client, "SELECT string_agg(sag_id::text, ' ' ORDER BY sag_id) FROM fag.sag WHERE sag_id < 400 OR sag_id > 500"));
    });
}

(async () => {
    await report();
    await storing();
    await asking();
    await refusing();
    await prepared();
    await caseworker();
    await revoked();
})().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
