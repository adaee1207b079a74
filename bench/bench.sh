#!/bin/sh
# bench.sh: the benchmarks; run by make bench.
set -eu
psql -X -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION msb_org' -c '\dx msb_org'
