#!/bin/sh
# check-install.sh MAKE: a clean clone in a directory with a space in its name builds and installs, and what is installed runs from
# wherever it is moved to, when the clone is gone.
set -eu
make=$1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/vmlab-install.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
passed=0
check() { # check WHAT COMMAND...
    what=$1
    shift
    "$@" >"$tmp/log" 2>&1 || { echo "install: $what failed:" >&2; cat "$tmp/log" >&2; exit 1; }
    passed=$((passed + 1))
}
prints() { # prints TEXT COMMAND...: its output holds the text
    text=$1
    shift
    "$@" </dev/null 2>&1 | grep -qF -- "$text"
}
version=$(cat VERSION)
check "git clone" git clone -q . "$tmp/a clone"
cd "$tmp/a clone"
check "make" "$make" -j"$(nproc)" all
check "the guest runs from the clone" prints "Hello, KVM!" build/vmlab --headless hello
check "make install" "$make" install DESTDIR="$tmp/root" PREFIX=/opt/vmlab
check "make install somewhere else" "$make" install PREFIX="$tmp/once more"
check "make uninstall" "$make" uninstall PREFIX="$tmp/once more"
check "nothing is left of it" test -z "$(find "$tmp/once more" ! -type d)"
cp packaging/tests/installed.sh "$tmp/"
cd /
mv "$tmp/root/opt/vmlab" "$tmp/moved here"
rm -rf "$tmp/a clone" "$tmp/root"
echo "install: $passed passed, 0 failed"
sh "$tmp/installed.sh" "$tmp/moved here" "$version"
