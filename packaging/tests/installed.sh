#!/bin/sh
# installed.sh PREFIX VERSION: what was installed below PREFIX is whole, and runs where it is: program, guests, labs, 1K OS, manual, completions.
set -u
prefix=$1 version=$2 passed=0 failed=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/vmlab-installed.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
unset VMLAB_LABS VMLAB_WORK
export HOME="$tmp" XDG_STATE_HOME="$tmp"
cd /
vmlab=$prefix/bin/vmlab
check() { # check WHAT COMMAND...
    what=$1
    shift
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "installed: $what: no" >&2; cat "$tmp/out" >&2; fi
}
prints() { # prints TEXT ARGS...
    text=$1
    shift
    "$vmlab" "$@" </dev/null >"$tmp/out" 2>&1
    grep -qF -- "$text" "$tmp/out"
}
: >"$tmp/out"
check "the version" prints "vmlab $version" --version
check "guests by name" prints "Hello, KVM!" --headless hello
check "1K OS" prints "Thank you for using 1K OS!" --headless 1k-os
"$vmlab" guests >"$tmp/guests"
check "twenty guests and more" test "$(grep -c . "$tmp/guests")" -ge 20
for n in 01 02 03 04 05 06 07 08 09 10 11 12; do
    check "lab $n" prints "Step 1 of" lab $n --headless --forgetful --work "$tmp/work" -c quit
    rm -rf "$tmp/work"
done
check "grading, with the solution of lab 3" prints "1 of 1 submissions complete" grade --lab 3 "$prefix/share/vmlab/labs/03-hypercalls/solution"
for f in man/man1/vmlab.1 bash-completion/completions/vmlab zsh/*/_vmlab fish/vendor_completions.d/vmlab.fish; do
    check "$f" test -s "$(find "$prefix"/share/${f%/*} -name "${f##*/}" -o -name "${f##*/}.gz" 2>/dev/null)"
done
check "the manual of this version" sh -c 'f=$(find "$1/share/man/man1" -name "vmlab.1*"); gzip -cdf "$f" | head -n 5 | grep -qF "$2"' sh "$prefix" "$version"
echo "installed: $passed passed, $failed failed"
[ "$failed" = 0 ]
