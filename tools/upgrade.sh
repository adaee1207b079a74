#!/usr/bin/env bash
# upgrade.sh: make check-upgrade.  pg_upgrade with the extension in use (t/103_pg_upgrade.pl),
# from one major version of PostgreSQL to another.  In the chroot of make check-matrix, which
# has both:
#
#   MATRIX_ROOT=DIR make check-matrix    makes the chroot in DIR, or uses it
#   MATRIX_ROOT=DIR make check-upgrade   then takes it from there, in two minutes
#
#   FROM=15 TO=17                        these versions
set -euo pipefail
# shellcheck source=tools/lib/chroot.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/chroot.sh"

from=${FROM:-15}
to=${TO:-17}
root=${MATRIX_ROOT:-}
for version in "$from" "$to"; do
    [ -n "$root" ] && [ -x "$root/usr/lib/postgresql/$version/bin/pg_config" ] ||
        die "MATRIX_ROOT names no chroot with PostgreSQL $version: MATRIX_ROOT=DIR make check-matrix makes one"
done

copy_tree "$root/tmp/msb_org-upgrade"
trap 'rm -rf --one-file-system "$root/tmp/msb_org-upgrade"' EXIT
# shellcheck disable=SC2016 # for the inner shell
inside bash -euc '
    cd /tmp/msb_org-upgrade
    perl -MIPC::Run -MTest::More -e 1 2>/dev/null || apt-get -q -y --no-install-recommends install libipc-run-perl
    for version in "$2" "$1"; do
        config=/usr/lib/postgresql/$version/bin/pg_config
        stage=$PWD/stage-$version
        make -s clean PG_CONFIG="$config"
        make -s -j2 with_llvm=no PG_CONFIG="$config"
        make -s with_llvm=no PG_CONFIG="$config" install DESTDIR="$stage" >/dev/null
        printf "extension_destdir = \x27%s\x27\ndynamic_library_path = \x27%s:\$libdir\x27\n" "$stage" "$stage$("$config" --pkglibdir)" >paths-$version.conf
    done
    chown -R postgres .
    setpriv --reuid=postgres --regid=postgres --init-groups env HOME=/tmp LC_ALL=C.UTF-8 TEMP_CONFIG="$PWD/paths-$1.conf" \
        MSB_UPGRADE_TO="/usr/lib/postgresql/$2" MSB_UPGRADE_CONFIG="$PWD/paths-$2.conf" \
        make -s with_llvm=no installcheck PG_CONFIG="/usr/lib/postgresql/$1/bin/pg_config" REGRESS= ISOLATION= TAP_TESTS=1 \
        PROVE_TESTS=t/103_pg_upgrade.pl || { tail -n 60 tmp_check/log/regress_log_103_pg_upgrade; exit 1; }
' upgrade "$from" "$to"
