#!/usr/bin/env bash
# matrix.sh: make check-matrix.  A build without a warning by three compilers, and every
# test, on each supported version of PostgreSQL; closes with "N passed, N failed" over
# all of them.  The versions live beside each other in a chroot of Debian sid that has
# the older and newer releases' packages as well.  As root, on Debian; half an hour and
# 4 GB, so it is run on request only.
#
#   VERSIONS="17 18"   only these
#   TESTS="cpr ..."    only these tests, as with make check
#   MATRIX_ROOT=DIR    keeps the chroot in DIR; one that is there is used again
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

versions=${VERSIONS:-15 17 18 19}
compilers='gcc-12 gcc-14 gcc-16'

[ "$(id -u)" = 0 ] || die "a chroot is made by root"
command -v mmdebstrap >/dev/null || die "mmdebstrap is missing: apt-get install mmdebstrap"

root=${MATRIX_ROOT:-}
if [ -z "$root" ]; then
    root=$(mktemp -d "${TMPDIR:-/tmp}/msb_org-matrix.XXXXXX")
    trap 'rm -rf --one-file-system "$root"' EXIT
fi

# In the chroot, with /proc and /dev; what is mounted and started goes when it ends.
inside() {
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount --pid --fork --kill-child bash -c '
        root=$1
        shift
        mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" &&
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TESTS="$TESTS" \
            http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" chroot "$root" "$@"
    ' inside "$root" "$@" </dev/null
}

# The machine's own mirror, and its archive of security updates.
mirror() {
    # shellcheck disable=SC2016 # for apt
    apt-get indextargets --format '$(REPO_URI) $(SUITE) $(ORIGIN)' 'Created-By: Packages' |
        awk -v security="$1" '$3 == "Debian" && ($2 ~ /-security$/) == security { print $1; exit }'
}

make_root() {
    local main security release
    main=$(mirror 0)
    [ -n "$main" ] || die "apt knows no mirror of Debian"
    security=$(mirror 1)
    say "making the chroot"
    {
        for release in sid experimental trixie bookworm; do
            echo "deb $main $release main"
        done
        for release in ${security:+trixie bookworm}; do
            echo "deb $security $release-security main"
        done
    } | mmdebstrap --quiet --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' \
        --include=make,git,ca-certificates,libc6-dev,"${compilers// /,}" sid "$root" -
    cp -n /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/"
    [ ! -f /etc/resolv.conf ] || cp /etc/resolv.conf "$root/etc/resolv.conf"
    # A server's development package asks for the LLVM of its release: only unpacked.
    say "installing PostgreSQL $versions"
    # shellcheck disable=SC2016 # for the inner shell
    inside bash -euc '
        export DEBIAN_FRONTEND=noninteractive
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
export TESTS=${TESTS:-}
if [ ! -e "$root/usr/lib/postgresql" ]; then make_root; fi

rm -rf "$root/root/msb_org"
mkdir "$root/root/msb_org"
tar -C "$top" -cf - --exclude=./.git --exclude='*.o' --exclude='*.so' --exclude='*.bc' --exclude=./log . |
    tar -C "$root/root/msb_org" -xf - --no-same-owner

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
    inside bash -c "cd /root/msb_org && make -s clean PG_CONFIG=$config && make check PG_CONFIG=$config" |
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
