# lib.sh: what the tests of the command line share. A test is: run COMMAND..., then what must be true.
# shellcheck shell=bash
VMLAB=$BUILD/vmlab
TMP=$(mktemp -d "${TMPDIR:-/tmp}/vmlab-cli-XXXXXX")
trap 'rm -rf "$TMP"' EXIT
checks=0 failures=0 last=

# run COMMAND...: leaves status, $TMP/out and $TMP/err. Input comes from $TMP/in if a test wrote it, else there is none.
run() {
    last="$*"
    local in=/dev/null
    [ -e "$TMP/in" ] && in=$TMP/in
    timeout -k 5 300 "$@" <"$in" >"$TMP/out" 2>"$TMP/err"
    status=$?
    rm -f "$TMP/in"
}
vm() { run "$VMLAB" "$@"; }

fail() {
    failures=$((failures + 1))
    echo "FAILED: $last" >&2
    echo "  $*" >&2
    echo "  status $status" >&2
    sed 's/^/  out: /' "$TMP/out" | head -20 >&2
    sed 's/^/  err: /' "$TMP/err" | head -20 >&2
}
is_status() { checks=$((checks + 1)); [ "$status" = "$1" ] || fail "exit status is not $1"; }
out_is() { checks=$((checks + 1)); printf '%b' "$1" | cmp -s - "$TMP/out" || fail "stdout is not exactly: $1"; }
out_has() { checks=$((checks + 1)); grep -qF -- "$1" "$TMP/out" || fail "stdout does not have: $1"; }
out_lacks() { checks=$((checks + 1)); ! grep -qF -- "$1" "$TMP/out" || fail "stdout has: $1"; }
out_like() { checks=$((checks + 1)); grep -qE -- "$1" "$TMP/out" || fail "stdout is not like: $1"; }
err_has() { checks=$((checks + 1)); grep -qF -- "$1" "$TMP/err" || fail "stderr does not have: $1"; }
err_like() { checks=$((checks + 1)); grep -qE -- "$1" "$TMP/err" || fail "stderr is not like: $1"; }
err_empty() { checks=$((checks + 1)); [ ! -s "$TMP/err" ] || fail "stderr is not empty"; }
true_that() { checks=$((checks + 1)); "$@" || fail "not true: $*"; }

# An error is a sentence, on stderr, with the right status, and nothing on stdout.
error() { # error STATUS TEXT ARGS...
    local want=$1 text=$2; shift 2
    vm "$@"
    is_status "$want"
    err_has "$text"
    out_is ''
}

# What cannot be checked on this host, and why: said, and never counted as passed.
left_out() { echo "${0##*/}: left out: $*" >&2; }

finish() {
    echo "${0##*/}: $((checks - failures)) passed, $failures failed"
    [ "$failures" = 0 ] && [ "$checks" -gt 0 ]
}
