#!/bin/bash
# disk.sh BUILD: SIGKILL in the middle of a guest's disk writes leaves whole sectors, old or new; a full or limited file system is
# an error that the guest sees and survives.
BUILD=$1
. tests/cli/lib.sh
export XDG_STATE_HOME=$TMP/state LC_ALL=C
as --32 -o "$TMP/w.o" tests/faults/disk_writer.S && ld -m elf_i386 -Ttext 0 -e 0 --oformat binary -o "$TMP/w.bin" "$TMP/w.o" || exit 1

# Is every sector of a file 512 times the same byte?
whole() {
    local sector
    [ "$(stat -c %s "$1")" = 32768 ] || return 1
    for sector in $(seq 0 63); do
        [ "$(dd if="$1" bs=512 skip="$sector" count=1 status=none | od -An -v -tx1 | tr -s ' \n' '\n\n' | sort -u | grep -c .)" = 1 ] || return 1
    done
}

for round in 1 2 3 4; do
    head -c 32768 /dev/zero >"$TMP/d.img"
    "$VMLAB" --headless --engine soft --disk "$TMP/d.img" "$TMP/w.bin" </dev/null >"$TMP/out" 2>"$TMP/err" &
    pid=$!
    last="SIGKILL while the disk is written, round $round" status=-
    for n in $(seq 100); do # until it has begun
        cmp -s -n 512 "$TMP/d.img" /dev/zero || break
        sleep 0.05
    done
    kill -KILL $pid
    wait $pid 2>/dev/null
    true_that whole "$TMP/d.img"
    true_that [ "$(od -An -tu1 -N1 "$TMP/d.img")" != 0 ]
done

# And exactly there: killed at its n-th write, of which there is one for a sector.
if strace -qq -o /dev/null true 2>/dev/null; then
    for n in 1 2 3 4 63 64 65 66 67; do
        head -c 32768 /dev/zero >"$TMP/d.img"
        # A shell between, for strace ends by the same signal.
        run sh -c '"$@"; exit $?' sh env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -f -qq -o /dev/null -P "$TMP/d.img" -e trace=write,pwrite64,writev,pwritev,pwritev2 \
            -e inject=write,pwrite64,writev,pwritev,pwritev2:signal=KILL:when=$n "$VMLAB" --headless --engine soft --disk "$TMP/d.img" "$TMP/w.bin"
        last="SIGKILL at write $n of the disk"
        is_status 137
        true_that whole "$TMP/d.img"
        true_that [ "$(od -An -v -tu1 -w512 "$TMP/d.img" | awk '{ n += $1 } END { print n + 0 }')" = $((n - 1)) ] # the ones before, all of them
    done
else
    left_out "SIGKILL at a certain write of the disk: strace may not trace here"
fi

# The file may not grow beyond 4 KB: sector 8 is not written, and the guest is told "no space" (4).
head -c 4096 /dev/zero >"$TMP/d.img"; truncate -s 32768 "$TMP/d.img"
run bash -c "ulimit -f 4; exec '$VMLAB' --headless --engine soft --disk '$TMP/d.img' '$TMP/w.bin'"
is_status 68
true_that [ "$(od -An -tu1 -j3584 -N1 "$TMP/d.img")" -eq 1 ]
true_that [ "$(od -An -tu1 -j4096 -N1 "$TMP/d.img")" -eq 0 ]

# A file system that is full.
mine=$(unshare -m true 2>/dev/null && echo -m || echo -rm) # a mount namespace, with a user namespace where that is needed
if unshare "$mine" sh -c 'mount -t tmpfs none /mnt' 2>/dev/null; then
    run unshare "$mine" sh -c "mount -t tmpfs -o size=16k none /mnt && truncate -s 32768 /mnt/d.img && exec '$VMLAB' --headless --engine soft --disk /mnt/d.img '$TMP/w.bin'"
    is_status 68
    run unshare "$mine" sh -c "mount -t tmpfs -o size=4k none /mnt && exec '$VMLAB' --headless --trace /mnt/t.csv multiplication"
    is_status 1; err_has 'No space left'
else
    left_out "a file system that is really full: no mount namespace can be made here (unshare -rm)"
fi

vm --headless --disk "$TMP/absent" hello; is_status 1; err_has "$TMP/absent"
vm --headless --disk "$TMP" hello; is_status 1; err_has "$TMP"
vm --headless --disk /dev/full hello; is_status 1; err_has /dev/full
: >"$TMP/empty"
vm --headless --disk "$TMP/empty" hello; checks=$((checks + 1))
[ "$status" = 0 ] || [ -s "$TMP/err" ] || fail "not a word"
finish
