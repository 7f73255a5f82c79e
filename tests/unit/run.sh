#!/bin/sh
# run.sh BUILD PROGRAM...: run each test program with a time limit; fails if one failed, or if there was none. BUILD is where
# the programs find guests (VMLAB_BUILD). TEST_WRAP: run them under this command.
set -u
VMLAB_BUILD=$1
export VMLAB_BUILD
shift
[ $# -gt 0 ] || { echo "unit tests: no test programs" >&2; exit 1; }
failed=""
for t in "$@"; do
    echo "--- ${t##*/}"
    begun=$(date +%s)
    timeout "${UNIT_SECONDS:-300}" ${TEST_WRAP:-} "$t" </dev/null
    status=$?
    echo "--- ${t##*/} took $(($(date +%s) - begun)) s"
    [ $status = 0 ] || failed="$failed ${t##*/}($status)"
done
[ -z "$failed" ] || { echo "unit tests: failed:$failed" >&2; exit 1; }
