#!/bin/sh
# demo.sh: the demonstration; run by make demo.
set -eu
psql -X -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION msb_org' -c '\dx msb_org'
