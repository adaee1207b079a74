#!/usr/bin/env python3
"""fuzz_server.py KIND (--runs N | --seconds S) [--seed N]

Generated input against a running server (PGHOST, PGUSER, PGDATABASE; the extension is
created there): what libFuzzer cannot reach, since it needs the server.

KIND is cpr or target_group: the files of corpus/KIND and what is mutated from them, as
text and in the binary form.  Or import_structure: the documents that ship, mutated; what
is taken is proved, exported and brought in again, and then rolled back.

An answer is right if it is a value that is written and read back as the same, or an error
with an SQLSTATE that stands below and no digits of what was sent.  Prints what else there
was, a summary, and ends with 1 if there was something else.
"""
import argparse
import copy
import json
import pathlib
import random
import re
import sys
import time

import psycopg
from psycopg import pq

REFUSED = {
    # text that is no value, bytes of another encoding, a message that ends early, more than fits
    'cpr': {'22P02', '22P03', '22021', '08P01'},
    'target_group': {'22P02', '22P03', '22021', '08P01', '54000'},
    'import_structure': {'22023'},
}
CORPUS = pathlib.Path(__file__).parent / 'corpus'


class Failed(Exception):
    """An SQLSTATE that is none of the expected."""


def field(result, code):
    value = result.error_field(code)
    return value.decode('utf-8', 'replace') if value else ''


def said(result):
    """All that the client is told of an error."""
    fields = pq.DiagnosticField
    return '\n'.join(field(result, code) for code in (
        fields.MESSAGE_PRIMARY, fields.MESSAGE_DETAIL, fields.MESSAGE_HINT, fields.CONTEXT))


class Server:
    def __init__(self):
        self.connection = psycopg.connect(autocommit=True)
        self.wire = self.connection.pgconn
        self.wire.exec_(b"SET statement_timeout = '60s'")

    def ask(self, query, *values, types=None, binary=False):
        """The rows' first column (bytes); or the error's result, from which said() reads."""
        result = self.wire.exec_params(query, list(values), param_types=types,
                                       param_formats=[int(binary)] * len(values),
                                       result_format=int(binary))
        if result.status == pq.ExecStatus.FATAL_ERROR:
            if self.wire.status != pq.ConnStatus.OK:
                raise Failed('the connection is lost: ' + said(result))
            return None, result
        return result.get_value(0, 0) if result.ntuples else None, None

    def must(self, query, *values):
        value, error = self.ask(query, *values)
        if error:
            raise Failed(f'{query.decode()}: {sqlstate(error)} {said(error)}')
        return value


def sqlstate(error):
    return field(error, pq.DiagnosticField.SQLSTATE)


def mutate_bytes(rng, data, others):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(data) + 1)
        what = rng.randrange(8)
        if what == 0:
            data[at:at] = rng.randbytes(rng.choice((1, 1, 2, 4, 9)))
        elif what == 1:
            del data[at:at + rng.choice((1, 1, 2, 4, 30))]
        elif what == 2 and at < len(data):
            data[at] = rng.randrange(256)
        elif what == 3 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif what == 4:
            other = rng.choice(others)
            start = rng.randrange(len(other) + 1)
            data[at:at] = other[start:start + rng.randrange(1, 40)]
        elif what == 5:
            data[at:at] = data[rng.randrange(len(data) + 1):][:rng.randrange(1, 40)]
        elif what == 6:
            data[at:at] = rng.choice((b'age ', b'any', b'unknown', b'; ', b'|', b'-', b'"', b'""', b'150', b'151',
                                      b'\xc3\xa6', b'\xc3', b'\0', b'-0', b'99999999999999999999', b' ', b'\t'))
        elif what == 7:
            data[at:at] = bytes([rng.randrange(256)]) * rng.choice((2, 11, 255, 256, 5000))
    return bytes(data[:100000])


class TypeFuzz:
    """A type's text and binary input."""

    def __init__(self, server, kind, rng):
        self.server, self.kind, self.rng = server, kind, rng
        self.type = f'msb_org.{kind}'.encode()
        self.oid = int(server.must(b"SELECT $1::regtype::oid::text", self.type))
        self.read = b'SELECT $1::' + self.type
        files = sorted((CORPUS / kind).iterdir())
        self.texts = [file.read_bytes() for file in files]
        # the binary forms of the values among them
        wires = [self.to_wire(text) for text in self.texts if b'\0' not in text]
        self.wires = [wire for wire in wires if wire is not None]
        self.pending = [(text, binary) for text in self.texts for binary in (False, True)]

    def to_wire(self, text):
        """The binary form of a value; None for a text that is none."""
        result = self.server.wire.exec_params(self.read, [text], param_types=[self.oid], result_format=1)
        return result.get_value(0, 0)

    def one(self):
        if self.pending:
            data, binary = self.pending.pop()
        else:
            binary = self.rng.random() < 0.5
            pool = self.wires if binary and self.rng.random() < 0.8 else self.texts
            data = mutate_bytes(self.rng, self.rng.choice(pool), pool)
        if not binary:
            data = data.replace(b'\0', b'')     # the protocol's end of a text
        value, error = self.server.ask(self.read, data, types=[self.oid], binary=binary)
        if error:
            self.check_error(error, data)
            return False
        again, error = self.server.ask(self.read, value, types=[self.oid], binary=binary)
        if error or again != value:
            raise Failed(f'{data!r} (binary: {binary}) is written {value!r}, which is read back as {again!r}')
        return True

    def check_error(self, error, data):
        if sqlstate(error) not in REFUSED[self.kind]:
            raise Failed(f'{data!r}: {sqlstate(error)} {said(error)}')
        digits = {run for run in re.findall(rb'\d{4,}', data)}
        told = said(error).encode()
        # a place in the text is told as a number, the server tells bytes of another encoding
        if self.kind == 'cpr' and any(run in told for run in digits):
            raise Failed(f'{data!r} shows in: {told!r}')


SCALARS = (None, True, False, 0, -1, 1, 2, 150, 151, 2 ** 31, 2 ** 63, 1e300, 0.5, '', ' ', 'x', 'any', 'age 15-17', 'age 99-1',
           'task provision; task provision', 'æøå', '"', "'", '\\', '#', 'a#1', '%s', '%I', '$1', '$$', '\u0001', '\uffff',
           '740398-0121', 'x' * 300, 'x' * 3000, [], {}, [[]], [None], {'': None}, 'external', 'area', 'source', 'default')


class StructureFuzz:
    """import_structure(), and what follows on it."""

    def __init__(self, server, kind, rng):
        self.server, self.kind, self.rng = server, kind, rng
        self.documents = [json.loads(server.must(b'SELECT msb_org.shipped_structure($1)', name))
                          for name in (b'msb-2018', b'msb-2019')]
        self.pending = copy.deepcopy(self.documents)

    def places(self, node, into):
        """Every (container, key) of a document."""
        if isinstance(node, dict):
            for key, value in node.items():
                into.append((node, key))
                self.places(value, into)
        elif isinstance(node, list):
            for key, value in enumerate(node):
                into.append((node, key))
                self.places(value, into)
        return into

    def mutate(self, document):
        rng = self.rng
        # fewer rows, so that each of them counts
        if rng.random() < 0.7:
            for part in list(document):
                if isinstance(document[part], list) and rng.random() < 0.5:
                    document[part] = rng.sample(document[part], rng.randrange(len(document[part]) + 1))
        for _ in range(rng.choice((1, 1, 2, 5, 20))):
            places = self.places(document, [])
            if not places:
                break
            # the upper levels are few among so many places
            container, key = rng.choice(places[:1] if rng.random() < 0.02 else places)
            if not (isinstance(key, str) and key in container or isinstance(key, int) and key < len(container)):
                continue
            other_container, other_key = rng.choice(places)
            what = rng.randrange(7)
            if what == 0:
                del container[key]
            elif what in (1, 2):
                container[key] = rng.choice(SCALARS)
            elif what == 3:
                container[key] = copy.deepcopy(other_container[other_key])
            elif what == 4 and isinstance(container, list):
                container.insert(rng.randrange(len(container) + 1), copy.deepcopy(container[key]))
            elif what == 5 and isinstance(container, dict):
                container[rng.choice((key.upper(), 'x', '', 'structure', 'facet', 'label', 'unit', 'rule', 'part', 'target'))] = container[key]
            elif what == 6 and isinstance(container[key], str) and container[key]:
                text = mutate_bytes(rng, container[key].encode(), [b'age 15-17; task provision|authority'])
                container[key] = text.decode('utf-8', 'replace').replace('\0', '')[:2000]
        if rng.random() < 0.01:
            document = rng.choice(SCALARS)
        if rng.random() < 0.005:
            for _ in range(rng.choice((10, 1000, 5000))):
                document = [document] if rng.random() < 0.5 else {'structure': document}
        return document

    def one(self):
        try:
            document = self.pending.pop() if self.pending else self.mutate(copy.deepcopy(self.rng.choice(self.documents)))
            text = json.dumps(document)
        except RecursionError:
            return False
        self.server.must(b'BEGIN')
        try:
            return self.tried(text)
        finally:
            self.server.wire.exec_(b'ROLLBACK')

    def tried(self, text):
        server = self.server
        imported, error = server.ask(b"SELECT msb_org.import_structure($1::jsonb, 'fuzz')", text.encode())
        if error:
            # what the server's own jsonb refuses never reaches us
            refused = REFUSED[self.kind] | ({'54001', '22P05', '22P02'} if ' json' in said(error) or 'stack depth' in said(error) else set())
            if sqlstate(error) not in refused:
                raise Failed(f'{text[:4000]}: {sqlstate(error)} {said(error)}')
            return False
        exported = server.must(b"SELECT msb_org.export_structure('fuzz') - 'structure'")
        server.must(b"SELECT msb_org.import_structure(msb_org.export_structure('fuzz'), 'fuzz-again')")
        again = server.must(b"SELECT msb_org.export_structure('fuzz-again') - 'structure'")
        if again != exported:
            raise Failed(f'exported and brought in again differ: {exported!r} {again!r}')
        for query in (b"SELECT count(*)::text FROM msb_org.verify('fuzz')",
                      b"SELECT msb_org.org_chart('fuzz')",
                      b"SELECT count(*)::text FROM msb_org.compare('fuzz', 'fuzz-again')"):
            server.must(b'SAVEPOINT s')
            _, error = server.ask(query)
            # where it takes more than work_mem, or has a parent that is its own child
            if error and sqlstate(error) not in {'54000', '22023'}:
                raise Failed(f'{query!r}: {text[:4000]}: {sqlstate(error)} {said(error)}')
            server.must(b'ROLLBACK TO s')
        return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('kind', choices=sorted(REFUSED))
    parser.add_argument('--runs', type=int)
    parser.add_argument('--seconds', type=float)
    parser.add_argument('--seed', type=int, default=1)
    asked = parser.parse_args()

    rng = random.Random(asked.seed)
    server = Server()
    fuzz = (StructureFuzz if asked.kind == 'import_structure' else TypeFuzz)(server, asked.kind, rng)
    until = time.monotonic() + asked.seconds if asked.seconds else None
    runs = taken = failures = 0
    while (until is None or time.monotonic() < until) and (asked.runs is None or runs < asked.runs):
        runs += 1
        try:
            taken += fuzz.one()
        except Failed as failed:
            failures += 1
            print(f'{asked.kind}, seed {asked.seed}, run {runs}: {failed}', flush=True)
            if failures == 20 or server.wire.status != pq.ConnStatus.OK:
                break
    print(f'{asked.kind}: {runs} inputs, {taken} taken, {runs - taken - failures} refused, {failures} failed')
    return failures > 0


if __name__ == '__main__':
    sys.exit(main())
