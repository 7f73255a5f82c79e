#!/bin/bash
# storage.sh BUILD [SANITIZER]: everything that vmlab writes, on a disk that is full, broken, read-only, over quota, forbidden or limited:
# a sentence that says what, where and what to try, the right status, and what was there before is there still.
BUILD=$1
. tests/cli/lib.sh
export XDG_STATE_HOME=$TMP/state LC_ALL=C HOME=$TMP/home
mkdir -p "$TMP/state/vmlab" "$TMP/home" "$TMP/bin"
tidy() { true_that [ -z "$(find "$TMP" -name '*.new' -o -name '*.tmp' -o -name '.fuse*')" ]; }

# --- a file whose system calls fail: strace answers in the kernel's place, so the whole program is the real one ---
# broken PATH CALLS ERRNO COMMAND...
broken() {
    local path=$1 calls=$2 error=$3
    shift 3
    run env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -f -qq -o /dev/null -P "$path" -e trace="$calls" -e inject="$calls:error=$error" "$@"
    last="$error from $calls on $path: $*"
}
says() { # in words: the reason, and what to try
    case $1 in
    ENOSPC) err_has 'No space left'; err_has 'Make room' ;;
    EDQUOT) err_has 'quota'; err_has 'make room' ;;
    EIO) err_has 'Input/output error'; err_has 'another place' ;;
    EROFS) err_has 'Read-only'; err_has 'another place' ;;
    EACCES) err_has 'Permission denied'; err_has 'another place' ;;
    esac
}

mkdir -p "$TMP/class/ada"; cp -r labs/03-hypercalls/solution "$TMP/class/ada/03-hypercalls"
if strace -qq -o /dev/null true 2>/dev/null; then
    for e in ENOSPC EDQUOT EIO; do
        for format in csv json; do
            broken "$TMP/t.$format" write $e "$VMLAB" --headless --trace "$TMP/t.$format" multiplication
            is_status 1; says $e; err_has "$TMP/t.$format"; err_has 'the whole trace'; out_has '2'
            broken "$TMP/c.$format" write $e "$VMLAB" --headless multiplication -c "run; wait; trace save $TMP/c.$format"
            is_status 1; says $e; err_has "$TMP/c.$format"
        done
        broken "$TMP/log" write $e "$VMLAB" --headless --log "$TMP/log" hello
        is_status 1; says $e; err_has "$TMP/log"; out_is 'Hello, KVM!\n'
        broken "$TMP/log2" write $e "$VMLAB" --headless hello -c "log $TMP/log2; run; wait"
        is_status 1; says $e; err_has "$TMP/log2"; out_has 'Hello'
        broken "$TMP/log3" write $e "$VMLAB" --headless hello -c "log $TMP/log3; run; wait; log off"
        is_status 1; says $e; err_has "$TMP/log3"
    done
    for e in EROFS EACCES; do
        broken "$TMP/t.csv" open,openat $e "$VMLAB" --headless --trace "$TMP/t.csv" hello
        is_status 1; says $e; err_has "$TMP/t.csv"; out_is ''
        broken "$TMP/log" open,openat $e "$VMLAB" --headless --log "$TMP/log" hello
        is_status 1; says $e; err_has "$TMP/log"; out_is ''
        broken "$TMP/c.csv" open,openat $e "$VMLAB" --headless hello -c "run; wait; trace save $TMP/c.csv"
        is_status 1; says $e; err_has "$TMP/c.csv"
    done

    # stdout itself
    for e in ENOSPC EIO; do
        for format in --headless --json; do
            broken "$TMP/stdout" write $e sh -c "exec '$VMLAB' $format hello >'$TMP/stdout'"
            is_status 1; err_has 'cannot write to stdout'
        done
    done

    # the guest's disk: the guest is told what kind of fault, and what it did not write is as it was
    as --32 -o "$TMP/w.o" tests/faults/disk_writer.S && ld -m elf_i386 -Ttext 0 -e 0 --oformat binary -o "$TMP/w.bin" "$TMP/w.o"
    for row in "ENOSPC 68" "EDQUOT 68" "EIO 67" "EROFS 66"; do
        read -r e want <<<"$row"
        head -c 32768 /dev/zero | tr '\0' '\377' >"$TMP/d.img"
        cp "$TMP/d.img" "$TMP/d.was"
        broken "$TMP/d.img" pwrite64 "$e" "$VMLAB" --headless --json --engine soft --disk "$TMP/d.img" "$TMP/w.bin"
        is_status "$want"; out_has '"notice"'; out_like 'disk: '
        true_that cmp -s "$TMP/d.img" "$TMP/d.was"
    done

    # what a lab keeps
    progress=$TMP/state/vmlab/progress
    echo '02-talking 1 passed 2 2026-01-01T00:00:00Z' >"$progress"
    run "$VMLAB" lab 01 --headless --work "$TMP/w01" -c 'disas'
    true_that grep -q '^01-one-byte 1 passed' "$progress"
    cp "$progress" "$TMP/progress.was"
    for row in "write ENOSPC" "write EDQUOT" "write EIO" "fsync EIO" "fsync ENOSPC" "rename,renameat,renameat2 EIO" "open,openat EROFS" "open,openat EACCES"; do
        read -r calls e <<<"$row"
        broken "$progress.new" "$calls" "$e" "$VMLAB" lab 01 --headless --work "$TMP/w01" -c 'skip'
        is_status 1; out_has 'Cannot write your progress'; out_has 'not remembered'
        true_that cmp -s "$progress" "$TMP/progress.was"
        tidy
        broken "$progress.new" "$calls" "$e" "$VMLAB" lab reset 1 --yes
        is_status 1; says "$e"; out_lacks Forgotten
        true_that cmp -s "$progress" "$TMP/progress.was"
    done
    for e in ENOSPC EIO; do
        broken "$TMP/w02/session.txt" write $e "$VMLAB" lab 02 --headless --forgetful --work "$TMP/w02" -c 'skip'
        out_has 'the record of this lab'; out_has 'not recorded'
        for call in write fsync; do
            rm -rf "$TMP/w03"
            broken "$TMP/w03/ok.S.new" $call $e "$VMLAB" lab 03 --headless --forgetful --work "$TMP/w03" -c 'hint'
            is_status 1; says $e; err_has "$TMP/w03/ok.S"
            true_that [ ! -e "$TMP/w03/ok.S" ] # no half file that would pass for the student's own later
            tidy
        done
    done
    run "$VMLAB" lab 03 --headless --forgetful --work "$TMP/w03" -c 'hint'
    true_that cmp -s "$TMP/w03/ok.S" labs/03-hypercalls/starter/ok.S
    echo '/* mine */' >>"$TMP/w03/ok.S"
    cp "$TMP/w03/ok.S" "$TMP/mine"
    broken "$TMP/w03/ok.S.new" write ENOSPC "$VMLAB" lab 03 --headless --forgetful --work "$TMP/w03" -c 'lab reset files'
    true_that grep -q 'Cannot write the file to edit' "$TMP/out" "$TMP/err"
    true_that cmp -s "$TMP/w03/ok.S" "$TMP/mine"
    tidy
    run "$VMLAB" lab 03 --headless --forgetful --work "$TMP/w03" -c 'lab reset files'
    true_that cmp -s "$TMP/w03/ok.S" labs/03-hypercalls/starter/ok.S

    # grading
    for e in ENOSPC EIO; do
        broken "$TMP/junit.xml" write $e "$VMLAB" grade --junit "$TMP/junit.xml" "$TMP/class"
        is_status 1; says $e; err_has "$TMP/junit.xml"; out_has '1 of 1 submissions complete'
    done
else
    left_out "disks that fail: strace may not trace here ($(strace -qq -o /dev/null true 2>&1 | head -1))"
fi

# --- no privilege and no tracing: /dev/full, a limit on the size of files, a directory that may not be written ---
full() { # TEXT ARGS...: this much must be said when stdout is full
    run bash -c '"$@" >/dev/full' sh "$VMLAB" "$@"
    is_status 1; err_has 'No space left'
}
full --version; full --help; full engines; full guests; full lab; full lab --help; full hello; full --json hello
full lab 01 --headless --forgetful --work "$TMP/w01" -c 'hint'
full grade --lab 03 labs/03-hypercalls/solution; full grade --json --lab 03 labs/03-hypercalls/solution
full grade --tap --lab 03 labs/03-hypercalls/solution; full grade --help
vm grade --junit /dev/full --lab 03 labs/03-hypercalls/solution; is_status 1; err_has '/dev/full'; err_has 'Make room'

limit() { # BLOCKS ARGS...; what it prints goes through pipes, which have no such limit
    local blocks=$1
    shift
    run bash -c '{ (ulimit -f "$1"; shift; exec "$@") 2>&1 >&3 3>&- | cat >&2; exit "${PIPESTATUS[0]}"; } 3>&1 | cat; exit "${PIPESTATUS[0]}"' sh "$blocks" "$VMLAB" "$@"
    last="ulimit -f $blocks; vmlab $*"
}
if [ "${2:-}" = tsan ]; then
    left_out "ulimit -f: ThreadSanitizer's runtime writes a file of its own before the program begins"
else
    limit 0 --headless --trace "$TMP/f.csv" hello; is_status 1; err_has 'File too large'; err_has 'ulimit -f'
    limit 0 --headless --log "$TMP/f.log" hello; is_status 1; err_has 'File too large'; err_has "$TMP/f.log"
    limit 0 lab 05 --headless --forgetful --work "$TMP/w05" -c 'hint'; is_status 1; err_has 'File too large'
    true_that [ -z "$(find "$TMP/w05" -name '*.S*')" ]
    head -c 2000 /dev/zero | tr '\0' '#' | fold -w 100 >"$TMP/state/vmlab/progress"; echo >>"$TMP/state/vmlab/progress"
    cp "$TMP/state/vmlab/progress" "$TMP/progress.was"
    limit 1 lab 01 --headless --work "$TMP/w01" -c 'skip'; is_status 1; out_has 'File too large'; out_has 'not remembered'
    true_that cmp -s "$TMP/state/vmlab/progress" "$TMP/progress.was"
fi
tidy

# Root may write everywhere: then it is nobody who tries, with a copy of the program that nobody can reach.
mkdir "$TMP/forbidden"; chmod 555 "$TMP/forbidden"
as=(env) program=$VMLAB
if [ "$(id -u)" = 0 ]; then
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups env VMLAB_LABS="$TMP/bin/labs")
    cp -r "$VMLAB" "$BUILD/guests" labs "$TMP/bin/"
    chmod -R a+rX "$TMP/bin"; chmod a+rx "$TMP"
    program=$TMP/bin/vmlab
fi
for option in --trace --log; do
    run "${as[@]}" "$program" --headless $option "$TMP/forbidden/x" hello
    is_status 1; err_has 'Permission denied'; err_has "$TMP/forbidden/x"; err_has 'You may not write there'
done
run "${as[@]}" XDG_STATE_HOME="$TMP/forbidden" "$program" lab 01 --headless --work "$TMP/forbidden/w" -c hint
is_status 1; err_has "$TMP/forbidden/w"; err_has 'Permission denied'
run "${as[@]}" TMPDIR="$TMP/forbidden" "$program" grade "$TMP/class"
is_status 1; true_that grep -q "Permission denied" "$TMP/out" "$TMP/err"

# --- grading that is stopped leaves neither a process nor a file ---
mkdir -p "$TMP/loop/eve/03-hypercalls" "$TMP/gone"
printf '.intel_syntax noprefix\n.code16\njmp .\n' >"$TMP/loop/eve/03-hypercalls/ok.S"
printf '.rept 100000000\n.rept 1000\nnop\n.endr\n.endr\n' >"$TMP/loop/eve/03-hypercalls/echo.S"
for sig in TERM INT HUP; do
    last="vmlab grade, stopped by SIG$sig"
    TMPDIR=$TMP/gone setsid env --default-signal=INT "$VMLAB" grade "$TMP/loop" >"$TMP/out" 2>"$TMP/err" &
    pid=$!
    for n in $(seq 400); do [ -n "$(find "$TMP/gone" -name '*.S')" ] && break; sleep 0.05; done
    kill -$sig $pid
    wait $pid; status=$?
    is_status $((128 + $(kill -l $sig))); err_has "stopped by SIG$sig"
    true_that [ -z "$(ls -A "$TMP/gone")" ]
    for n in $(seq 100); do ps -o stat= -s $pid | grep -qv '^Z' || break; sleep 0.05; done
    true_that [ -z "$(ps -o stat= -s $pid | grep -v '^Z')" ]
done
finish
