#!/bin/sh
# check-dist.sh NAME MAKE: the tarball is the same bytes when made again from another directory, by another user (where we may become
# one), with another umask, time zone and language, and from the unpacked tarball itself; what git knows is what it holds; and it
# builds where there is no git.
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
(umask 077; cd "$tmp/a clone" && TZ=Pacific/Kiritimati LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8 "$make" -s dist)
same "made again in a clone" "$tmp/a/$name.tar.gz" "$tmp/a clone/build/dist/$name.tar.gz"
if [ "$(id -u)" = 0 ]; then
    chmod 755 "$tmp" && mkdir "$tmp/nobody" && chown -R nobody "$tmp/nobody" "$tmp/a clone"
    (cd "$tmp/a clone" && rm -rf build && setpriv --reuid=nobody --clear-groups env HOME="$tmp/nobody" DEPS=no "$make" -s dist)
    same "made by another user" "$tmp/a/$name.tar.gz" "$tmp/a clone/build/dist/$name.tar.gz"
fi
tar -xzf "$tmp/a/$name.tar.gz" -C "$tmp"
(cd "$tmp/$name" && "$make" -s dist)
same "made again from the unpacked tarball" "$tmp/a/$name.tar.gz" "$tmp/$name/build/dist/$name.tar.gz"
mkdir "$tmp/bin"
printf '#!/bin/sh\necho "there is no git here" >&2\nexit 127\n' >"$tmp/bin/git" && chmod +x "$tmp/bin/git"
(cd "$tmp/$name" && PATH=$tmp/bin:$PATH "$make" -s -j"$(nproc)" all) >"$tmp/log" 2>&1 || { tail -n 20 "$tmp/log" >&2; echo "dist: the tarball does not build" >&2; exit 1; }
"$tmp/$name/build/vmlab" --headless hello </dev/null 2>/dev/null | grep -qF "Hello, KVM!" || { echo "dist: what was built does not run" >&2; exit 1; }
passed=$((passed + 1))
git ls-files | LC_ALL=C sort >"$tmp/known"
tar -tzf "$tmp/a/$name.tar.gz" | sed "s,^$name/,," | LC_ALL=C sort >"$tmp/packed"
same "what git knows is what is packed" "$tmp/known" "$tmp/packed"
echo "dist: $passed passed, 0 failed"
