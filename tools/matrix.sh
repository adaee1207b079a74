#!/usr/bin/env bash
# matrix.sh: make check-matrix.  A build without a warning by three compilers, and every
# test, on each supported version of PostgreSQL; closes with "N passed, N failed" over
# all of them.  The versions live beside each other in a chroot of Debian sid that has
# the older and newer releases' packages as well.  As root, on Debian; an hour and
# 4 GB, so it is run on request only.
#
#   VERSIONS="17 18"   only these
#   TESTS="cpr ..."    only these tests, as with make check
#   MATRIX_ROOT=DIR    keeps the chroot in DIR; one that is there is used again
set -euo pipefail
# shellcheck source=tools/lib/chroot.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/chroot.sh"

versions=${VERSIONS:-15 17 18 19}
compilers='gcc-12 gcc-14 gcc-16'

make_root() {
    say "making the chroot"
    sources sid experimental trixie bookworm |
        debian --include=make,git,ca-certificates,libc6-dev,"${compilers// /,}" sid
    # A server's development package asks for the LLVM of its release: only unpacked.
    say "installing PostgreSQL $versions"
    # shellcheck disable=SC2016 # for the inner shell
    inside bash -euc '
        mkdir -p /etc/postgresql-common/createcluster.d
        echo "create_main_cluster = off" >/etc/postgresql-common/createcluster.d/msb_org.conf
        apt-get -q update
        packages=
        for version in "$@"; do
            packages="$packages postgresql-$version"
            case $(apt-cache policy "postgresql-$version") in
                *experimental*) packages="$packages/experimental postgresql-client-$version/experimental libpq5/experimental" ;;
            esac
        done
        apt-get -q -y --no-install-recommends install $packages
        cd /tmp
        for version in "$@"; do
            apt-get -q download "postgresql-server-dev-$version"
            dpkg -x "postgresql-server-dev-${version}_"*.deb /
        done
    ' install "${only[@]}"
}

read -ra only <<<"$versions"
place "${MATRIX_ROOT:-}"
if [ ! -e "$root/usr/lib/postgresql" ]; then make_root; fi
copy_tree "$root/root/msb_org"

passed=0
failed=0
table=()
for version in "${only[@]}"; do
    config=/usr/lib/postgresql/$version/bin/pg_config
    row="$(inside "$config" --version | sed 's/ (.*//'):"
    for compiler in $compilers; do
        # the server's own flags must be known to the compiler; 19's headers want C23
        flags=-Werror
        case $version-$compiler in
            18-gcc-12 | 19-gcc-12)
                row="$row $compiler does not know the server's flags;"
                continue
                ;;
            19-gcc-14) flags="-Werror -std=gnu23" ;;
        esac
        say "PostgreSQL $version, $compiler"
        # shellcheck disable=SC2016 # for the inner shell
        if inside bash -euc 'cd /root/msb_org; make -s clean PG_CONFIG="$1"; make -j2 -s with_llvm=no PG_CONFIG="$1" CC="$2" COPT="$3"' \
            build "$config" "$compiler" "$flags"; then
            passed=$((passed + 1))
            row="$row $compiler;"
        else
            failed=$((failed + 1))
            row="$row $compiler FAILED;"
        fi
    done
    say "PostgreSQL $version: make check"
    inside env TESTS="${TESTS:-}" bash -c "cd /root/msb_org && make -s clean PG_CONFIG=$config && make check PG_CONFIG=$config" |
        tee "$root/tmp/check-$version.log" || :
    closing=$(tail -n 1 "$root/tmp/check-$version.log")
    if [[ $closing =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        failed=$((failed + BASH_REMATCH[2]))
    else
        failed=$((failed + 1))
        closing='make check did not end'
    fi
    table+=("$row $closing")
done

say "the matrix"
printf '%s\n' "${table[@]}"
printf '%s passed, %s failed\n' "$passed" "$failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
