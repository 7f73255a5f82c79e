#!/bin/sh
# check-dist.sh NAME MAKE: the tarball is the same bytes when made again from another directory, at another umask, and from the
# unpacked tarball itself; and what git knows is what it holds.
set -eu
name=$1 make=$2
tmp=$(mktemp -d "${TMPDIR:-/tmp}/vmlab-dist.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
passed=0
same() { # same WHAT FILE FILE
    cmp "$2" "$3" || { echo "dist: $1: the tarballs differ" >&2; exit 1; }
    passed=$((passed + 1))
}
sh packaging/dist.sh "$name" "$tmp/a"
git clone -q . "$tmp/a clone"
(umask 077; cd "$tmp/a clone" && "$make" -s dist)
same "made again in a clone" "$tmp/a/$name.tar.gz" "$tmp/a clone/build/dist/$name.tar.gz"
tar -xzf "$tmp/a/$name.tar.gz" -C "$tmp"
(cd "$tmp/$name" && "$make" -s dist)
same "made again from the unpacked tarball" "$tmp/a/$name.tar.gz" "$tmp/$name/build/dist/$name.tar.gz"
git ls-files | LC_ALL=C sort >"$tmp/known"
tar -tzf "$tmp/a/$name.tar.gz" | sed "s,^$name/,," | LC_ALL=C sort >"$tmp/packed"
same "what git knows is what is packed" "$tmp/known" "$tmp/packed"
echo "dist: $passed passed, 0 failed"
