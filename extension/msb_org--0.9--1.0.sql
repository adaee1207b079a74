/* msb_org--0.9--1.0.sql: what 1.0 has that 0.9 has not.
   t/101_upgrade.pl compares the result with a fresh installation. */
\echo Use "ALTER EXTENSION msb_org UPDATE TO '1.0'" to load this file. \quit
