#!/usr/bin/env bash
# package.sh: make check-package.  The Debian package and the bundle for PGXN of the last
# commit: built by an ordinary user and looked at by lintian, installed into a second
# system with a real cluster, tested by autopkgtest, removed without a trace; closes with
# "N passed, N failed".  Both systems are chroots of Debian bookworm.  As root, on Debian;
# 20 minutes and 3 GB, so it is run on request only.
#
#   PACKAGE_ROOT=DIR    keeps the chroots in DIR; those that are there are used again
#   PACKAGE_OUT=DIR     copies the packages and the bundle there
set -euo pipefail
# shellcheck source=tools/lib/chroot.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/chroot.sh"

release=bookworm
major=15
package=postgresql-$major-msb-org
library=/usr/lib/postgresql/$major/lib/msb_org.so
shared=/usr/share/postgresql/$major/extension
version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" "$top/msb_org.control")
upstream=$(sed -n 's/^    "version": "\(.*\)",$/\1/p' "$top/META.json")
source=msb-org-$upstream
bundle=msb_org-$upstream
# the scripts of this version and of those before it, as the commit has them
mapfile -t scripts < <({
    git -C "$top" ls-tree --name-only HEAD extension/ | sed -n 's|^extension/\(msb_org--.*\.sql\)$|\1|p'
    echo "msb_org--$version.sql"
} | sort -u)
mapfile -t before_this < <(printf '%s\n' "${scripts[@]}" | sed -nE 's/^msb_org--([0-9.]+)\.sql$/\1/p' | grep -vxF "$version")
passed=0
failed=0

step() {
    say "$1"
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        warn "FAILED: $*"
    fi
}

# in the system NAME, as root; as an ordinary user in /work/...
at() {
    root=$base/$1
    shift
    inside "$@"
}
as_user() {
    local system=$1 directory=$2
    shift 2
    # shellcheck disable=SC2016 # for the inner shell
    at "$system" runuser -u tester -- env LC_ALL=C.UTF-8 HOME=/home/tester sh -euc 'cd "/work/$0"; "$@"' "$directory" "$@"
}

make_roots() {
    root=$base/fresh
    mkdir -p "$root"
    sources $release | debian --include=adduser,autopkgtest,ca-certificates,dpkg-dev,postgresql-$major $release
    inside useradd -m -s /bin/bash tester
    inside sh -c "pg_dropcluster --stop $major main; apt-get -q clean"
    cp -a "$base/fresh" "$base/build"
    at build sh -euc '
        apt-get -q update
        apt-get -q -y --no-install-recommends install build-essential debhelper fakeroot gettext lintian \
            postgresql-all postgresql-server-dev-all python3-jsonschema unzip libipc-run-perl'
    touch "$base/complete"
}

# The sources of the last commit, as the Debian package and PGXN have them.
make_sources() {
    local work=$base/build/work
    rm -rf "$work" "$base/fresh/work"
    mkdir -p "$work/$source"
    git -C "$top" archive --format=tar.gz --prefix="$source/" --output="$work/msb-org_$upstream.orig.tar.gz" HEAD
    tar -C "$work" -xzf "$work/msb-org_$upstream.orig.tar.gz"
    # a tree without .gitattributes: nothing is left out
    git -C "$top" archive --format=tar --prefix=debian/ HEAD:debian | tar -C "$work/$source" -xf -
    make -s -C "$top" dist DIST_DIR="$work"
    at build chown -R tester: /work
}

# Every file of the system, but for what apt and dpkg know and logs.
files() {
    find "$base/$1" -xdev \( -path "$base/$1/work" -o -path "$base/$1/proc" -o -path "$base/$1/dev" -o -path "$base/$1/tmp" -o -path "$base/$1/run" -o \
        -path "$base/$1/var/lib/dpkg" -o -path "$base/$1/var/lib/apt" -o -path "$base/$1/var/cache" -o \
        -path "$base/$1/var/log" \) -prune -o -printf '%P\n' | sort
}

has_all() {
    local listing=$1 file
    shift
    for file; do
        grep -qxF "$file" <<<"$listing" || { warn "$file is missing"; return 1; }
    done
}

in_package() {
    local listing
    listing=$(at build sh -c "dpkg-deb --fsys-tarfile /work/${package}_*.deb | tar -tf -" | sed 's/^\.//')
    has_all "$listing" $library $shared/msb_org.control "${scripts[@]/#/$shared/}" $shared/msb_org_report.sql \
        /usr/share/locale/da/LC_MESSAGES/msb_org-$major.mo /usr/share/doc/$package/README.md \
        /usr/share/doc/$package/copyright
}

in_bundle() {
    local listing
    listing=$(at build unzip -Z1 "/work/$bundle.zip")
    ! grep -E "^$bundle/(\.|debian)|\.(o|so|bc)\$" <<<"$listing" &&
        ! grep -v "^$bundle/" <<<"$listing" &&
        has_all "$listing" "$bundle/META.json" "$bundle/Makefile" "$bundle/msb_org.control" "$bundle/README.md" "$bundle/LICENSE"
}

# What META.json names is there, once built.
provided() {
    as_user build "$bundle" python3 -c '
import json, os
for extension in json.load(open("META.json"))["provides"].values():
    for key in ("file", "docfile"):
        assert os.path.exists(extension[key]), extension[key]'
}

# In a real cluster of the fresh system.  This version is installed, and each earlier one, if
# any, upgraded; the package is removed under a database that has the extension, and comes back.
create() {
    # shellcheck disable=SC2016 # for the inner shell
    at fresh sh -euc '
        major=$1 package=$2
        shift 2
        pg_createcluster --locale C.UTF-8 "$major" packaged >/dev/null
        trap "pg_dropcluster --stop $major packaged" EXIT
        pg_ctlcluster "$major" packaged start
        psql="runuser -u postgres -- psql -X -q -v ON_ERROR_STOP=1"
        insert="INSERT INTO sag VALUES (2, \$\$740398-0121\$\$, \$\$benefit\$\$)"
        cd /
        for version; do
            $psql -c "CREATE DATABASE kommune"
            $psql -d kommune -v version="$version" -f /work/create.sql
            if [ "$version" = "$1" ]; then
                apt-get -q -y remove "$package"
                if answer=$($psql -d kommune -c "$insert" 2>&1); then exit 1; fi
                echo "$answer"
                case $answer in *"could not access file"*msb_org*) ;; *) exit 1 ;; esac
                apt-get -q -y install /work/"$package"_*.deb
                $psql -d kommune -c "$insert"
            fi
            $psql -d kommune -f /work/drop.sql
            $psql -c "DROP DATABASE kommune"
        done' create "$major" "$package" "$version" "${before_this[@]}"
}

left_behind() {
    local left
    left=$(diff <(printf '%s\n' "$before") <(files "$1")) || :
    if [ -n "$left" ]; then
        warn "$left"
        return 1
    fi
}

no_mention() { ! grep -rlE 'msb.org' "$base/fresh/var/lib/dpkg/info" "$base/fresh/var/lib/dpkg/status" "$base/fresh/etc"; }

place "${PACKAGE_ROOT:-}"
base=$root
[ -z "$(git -C "$top" status --porcelain)" ] || warn "this tests the last commit; the tree has changes that are not in it"
if [ ! -e "$base/complete" ]; then
    say "making the chroots"
    make_roots
fi
make_sources

# The build runs the tests on what it has built.
step "the source and binary packages" as_user build "$source" dpkg-buildpackage -us -uc
# It is not Debian that the package is made for: there is no bug that asks for it.
step "lintian" as_user build . sh -c 'lintian --info --pedantic --suppress-tags initial-upload-closes-no-bugs --fail-on error,warning *.changes'
step "everything is in the package" in_package

mkdir -p "$base/fresh/work"
cp "$base/build/work/"*.{deb,dsc,changes,tar.*,buildinfo} "$base/fresh/work/" 2>/dev/null || :
cat >"$base/fresh/work/create.sql" <<'SQL'
CREATE EXTENSION msb_org VERSION :'version';
ALTER EXTENSION msb_org UPDATE;
\dx msb_org
SELECT msb_org.load_structure('msb-2019'), msb_org.adopt('msb-2019', DATE '2019-08-01');
CREATE TABLE sag (sag_id integer PRIMARY KEY, cpr text, opgave text);
SELECT msb_org.attach('sag', key => 'sag_id', citizen => 'cpr', birth => 'cpr', facets => '{"task": "opgave"}', mode => 'fill');
INSERT INTO sag VALUES (1, '740398-0121', 'authority');
SELECT case_key, unit FROM msb_org.current_assignment;
SELECT 1 / count(*) AS judged FROM msb_org.current_assignment WHERE unit IS NOT NULL;
SQL
cat >"$base/fresh/work/drop.sql" <<'SQL'
SELECT msb_org.detach('sag');
DROP EXTENSION msb_org;
SQL
at fresh chown -R tester: /work
at fresh apt-get -q update
# autopkgtest leaves it installed, in a chroot that is kept
at fresh sh -c "! dpkg -s $package >/dev/null 2>&1 || apt-get -q -y purge $package"
before=$(files fresh)
step "installing it" at fresh sh -c "apt-get -q -y install /work/${package}_*.deb"
step "CREATE EXTENSION, every released version updated, the package away for a while" create
step "purging it" at fresh apt-get -q -y purge $package
step "nothing is left" left_behind fresh
step "nothing in dpkg's lists" no_mention
step "autopkgtest" at fresh sh -c 'autopkgtest --user tester /work/*.changes -- null'

step "META.json after the PGXN Meta Spec" at build jsonschema -i "/work/$source/META.json" "/work/$source/tools/pgxn-meta.schema.json"
step "the bundle for PGXN has what it needs, and no more" in_bundle
step "unpacking it" as_user build . unzip -q "$bundle.zip"
step "building it" as_user build "$bundle" make -s with_llvm=no COPT=-Werror
step "what META.json names is there" provided
before=$(files build)
step "installing it" at build make -s -C "/work/$bundle" with_llvm=no install
# All tests run twice above; these are some of each kind.
step "make installcheck" as_user build "$bundle" env NONROOT=1 pg_virtualenv -i --locale=C.UTF-8 -o fsync=off -o jit=off -v $major \
    make -s with_llvm=no installcheck REGRESS='cpr target_group decide attach_errors ledger modes' ISOLATION=iso_plan \
    PROVE_TESTS='t/001_project.pl t/080_reports.pl'
step "uninstalling it" at build make -s -C "/work/$bundle" with_llvm=no uninstall
step "nothing is left" left_behind build

if [ -n "${PACKAGE_OUT:-}" ]; then
    mkdir -p "$PACKAGE_OUT"
    cp "$base/build/work/"*.{deb,dsc,changes,tar.*,zip} "$PACKAGE_OUT/"
fi
printf '%s passed, %s failed\n' "$passed" "$failed"
[ $failed = 0 ]
