#!/bin/sh
# run.sh BUILD: the tests of the command line, each a script of its own.
set -u
BUILD=$(cd "$1" && pwd) || exit 1
export BUILD
unset NO_COLOR
cd "$(dirname "$0")" || exit 1
failed=""
for t in t_*.sh; do
    bash "$t" || failed="$failed $t"
done
[ -z "$failed" ] || { echo "command line tests: failed:$failed" >&2; exit 1; }
