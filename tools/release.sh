#!/usr/bin/env bash
# release.sh: make release.  Freezes the version of the control file: assembles its script a last
# time, writes its checksum into extension/released.sha256 and commits both.  From then on make
# takes the script as it stands, and t/101_upgrade.pl fails when it is changed.
#
# Before:  * msb_org.control has the version, META.json the same with .0
#          * CHANGELOG.md has the day in its heading instead of (unreleased)
#          * extension/msb_org--OLD--NEW.sql leads there from each released version
#          * make check has passed, and everything is committed
# After:   * tag the commit and push both
#          * for the next version: default_version in msb_org.control, META.json, a heading in
#            CHANGELOG.md, and an empty extension/msb_org--OLD--NEW.sql from each released version
# It refuses, and changes nothing, where one of the first is not so, or the version is released.
set -euo pipefail
# shellcheck source=tools/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
cd "$top"

list=extension/released.sha256
version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" msb_org.control)
script=msb_org--$version.sql
[ -n "$version" ] || die "msb_org.control has no default_version"
! grep -q "  $script\$" "$list" || die "version $version is released already"
[ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ] || die "this is no clone of the repository"
[ -z "$(git status --porcelain)" ] || die "there are changes that are not committed"
grep -Eq "^## $version \([0-9]{4}-[0-9]{2}-[0-9]{2}\)\$" CHANGELOG.md || die "CHANGELOG.md has no heading \"## $version (YYYY-MM-DD)\""
# (the Meta Spec has a version of its own, 1.0.0, at the end)
[ "$(sed '/"meta-spec"/,$d' META.json | grep -c "\"version\": \"$version.0\"")" = 2 ] && grep -q "\"file\": \"extension/$script\"" META.json ||
    die "META.json is of another version than $version.0"
while read -r old; do
    [ -f "extension/msb_org--$old--$version.sql" ] || die "extension/msb_org--$old--$version.sql is missing"
done < <(sed -nE 's/^[0-9a-f]{64}  msb_org--(.*)\.sql$/\1/p' "$list")

rm -f "extension/$script"
make -s "extension/$script"
(cd extension && sha256sum "$script") >>"$list"
git add --force "extension/$script" "$list"
git commit -q -m "Release $version: its script is frozen"
say "version $version is released: tag this commit"
