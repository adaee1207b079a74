# chroot.sh: sourced; a system of Debian in a directory, for what this one must not get.
# shellcheck shell=bash
#
#   place DIRECTORY     sets $root: the directory, which is kept, or a temporary one
#   sources RELEASE...  the lines of a sources.list, from the machine's own mirror
#   debian OPTION... RELEASE   makes the system in $root, with mmdebstrap's options
#   copy_tree DIRECTORY        copies the tree there, without what was built
#   inside COMMAND      runs it in $root
# shellcheck source=tools/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ "$(id -u)" = 0 ] || die "a chroot is made by root"
command -v mmdebstrap >/dev/null || die "mmdebstrap is missing: apt-get install mmdebstrap"

root=

place() {
    root=$1
    [ -z "$root" ] || return 0
    root=$(mktemp -d "${TMPDIR:-/tmp}/msb_org-chroot.XXXXXX")
    chmod 755 "$root"
    trap 'rm -rf --one-file-system "$root"' EXIT
}

sources() {
    local main security release
    main=$(mirror 0)
    [ -n "$main" ] || die "apt knows no mirror of Debian"
    security=$(mirror 1)
    for release in "$@"; do
        echo "deb $main $release main"
        case $release in
            sid | experimental) ;;
            *) [ -z "$security" ] || echo "deb $security $release-security main" ;;
        esac
    done
}

# The sources.list comes from standard input.
debian() {
    mmdebstrap --quiet --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' "$@" "$root" -
    cp -n /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/"
    [ ! -f /etc/resolv.conf ] || cp /etc/resolv.conf "$root/etc/resolv.conf"
}

copy_tree() {
    rm -rf "$1"
    mkdir -p "$1"
    tar -C "$top" -cf - --exclude=./.git --exclude='*.o' --exclude='*.so' --exclude='*.bc' --exclude=./log . |
        tar -C "$1" -xf - --no-same-owner
}

# With /proc and /dev; what is mounted and started goes when it ends.
inside() {
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount --pid --fork --kill-child bash -c '
        root=$1
        shift
        mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" &&
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive \
            http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" chroot "$root" "$@"
    ' inside "$root" "$@" </dev/null
}
