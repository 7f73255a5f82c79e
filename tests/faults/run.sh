#!/bin/sh
# run.sh BUILD [SANITIZER]: each script of faults in turn. A sanitizer has an allocator of its own and cannot have one under it.
set -u
BUILD=$(cd "$1" && pwd) || exit 1
failed=""
for t in tests/faults/oom.sh tests/faults/host.sh tests/faults/disk.sh tests/faults/storage.sh tests/faults/clock.sh; do
    if [ -n "${2:-}" ] && [ "${t##*/}" = oom.sh ]; then
        echo "oom.sh: left out: $2 has an allocator of its own" >&2
        continue
    fi
    bash "$t" "$BUILD" "${2:-}" >"$BUILD/tests/faults/log" 2>&1 || failed="$failed ${t##*/}"
    grep -av '^[a-z]*\.sh: [0-9]* passed' "$BUILD/tests/faults/log" | cat -v >&2
    grep -a "^[a-z]*\.sh: [0-9]* passed" "$BUILD/tests/faults/log" | sed "s,^\([a-z]*\)\.sh,faults \1,"
done
[ -z "$failed" ] || { echo "faults: failed:$failed" >&2; exit 1; }
