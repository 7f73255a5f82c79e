#!/bin/sh
# check-install.sh MAKE: what `make install` installs runs from where it is put, and from anywhere it is moved to, without this
# directory.
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
check "make install" "$make" install DESTDIR="$tmp/root" PREFIX=/opt/vmlab
mv "$tmp/root/opt/vmlab" "$tmp/moved here"
cd /
vmlab="$tmp/moved here/bin/vmlab"
check "vmlab --version" prints "$(basename "$(cd "$OLDPWD" && cat VERSION)")" "$vmlab" --version
check "vmlab --headless hello" prints "Hello, KVM!" "$vmlab" --headless hello
for f in share/man/man1/vmlab.1 share/bash-completion/completions/vmlab share/zsh/site-functions/_vmlab \
    share/fish/vendor_completions.d/vmlab.fish share/vmlab/guests/hello.bin; do
    check "$f is installed" test -s "$tmp/moved here/$f"
done
echo "install: $passed passed, 0 failed"
