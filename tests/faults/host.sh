#!/bin/bash
# host.sh BUILD: what the host can do to a run without a screen: descriptors that are closed, disks that are full, files that may
# not grow, no /dev/kvm, hostile words and names. Each ends in a sentence and the right status, and leaves nothing behind.
BUILD=$1
. tests/cli/lib.sh
export XDG_STATE_HOME=$TMP/state LC_ALL=C
mkdir -p "$TMP/state"
hello=$BUILD/guests/hello.bin
plain() { # no control byte but newline and tab in what was printed
    checks=$((checks + 1))
    ! LC_ALL=C grep -q '[[:cntrl:]]' < <(tr -d '\n\t' <"$TMP/$1") || fail "control bytes reach std$1"
}

# --- the standard descriptors, closed in every combination ---
for i in "" "<&-"; do for o in "" ">&-"; do for e in "" "2>&-"; do
    run bash -c "'$VMLAB' hello $i $o $e"
    is_status "$([ -n "$o" ] && echo 1 || echo 0)"
    [ -n "$o" ] || out_is 'Hello, KVM!\n'
    [ -n "$e" ] || true_that [ -s "$TMP/err" ]
done; done; done

# --- every option with an empty, a huge and a binary value ---
huge=$(printf '%0100000d' 7)
binary=$(printf 'a\nb\033]0;x\007\033[2J\302\233\377')
for word in "" "$huge" "$binary"; do
    for option in $("$VMLAB" --help | grep -oE -- '--[a-z-]+' | sort -u); do
        case $option in --headless | --trace | --log | --disk) continue ;; esac
        run timeout 20 "$VMLAB" --headless --timeout 5 "$option=$word" hello
        checks=$((checks + 1))
        last="vmlab $option=${word:0:20}..."
        case $status in 0 | 1 | 2) ;; *) fail "not a plain end" ;; esac
        [ "$status" = 0 ] || true_that [ -s "$TMP/err" ]
        plain err
    done
    for option in trace log disk exec; do
        run timeout 20 "$VMLAB" --headless "--$option=$TMP/absent/$word" hello
        last="vmlab --$option=$TMP/absent/${word:0:20}..."
        checks=$((checks + 1))
        case $status in 1 | 2) ;; *) fail "not refused" ;; esac
        plain err
    done
    run timeout 20 "$VMLAB" --headless hello -c "load $TMP/absent/$word"
    last="-c load ${word:0:20}..."
    plain err
    plain out
done

# --- names that would steer the terminal ---
cp "$hello" "$TMP/$binary.bin"
vm --headless -v "$TMP/$binary.bin"; is_status 0; plain err; out_has 'Hello'
vm --headless "$TMP/$binary.bin" hello; is_status 0; plain err; plain out
vm --headless --json "$TMP/$binary.bin"; is_status 0; plain out
vm --headless "$TMP/no$binary"; is_status 1; plain err
vm lab "$binary"; plain err
vm grade "$binary"; plain err
rm -f "$TMP/$binary.bin"

# --- no room ---
vm --trace /dev/full hello; is_status 1; err_has 'No space left'
vm --headless hello -c 'run; wait; trace save /dev/full'; is_status 1; true_that grep -q 'No space left' "$TMP/out" "$TMP/err"
vm --log /dev/full hello; is_status 1; err_has 'the whole console log'

# A limit on the size of files is an error that is told, not a signal.
limited() { run bash -c "ulimit -f 1; exec '$VMLAB' $*"; }
limited --trace "$TMP/t.csv" multiplication; is_status 1; err_has 'File too large'
limited --log "$TMP/l" flood --timeout 2; is_status 1; err_has 'File too large'
limited --headless multiplication -c "'run; wait; trace save $TMP/t.json'"; is_status 1; err_has 'File too large'

# --- no KVM: absent, forbidden, used up, of another age; strace answers in its place, so this needs no privilege ---
kvm() { # CALL=ANSWER ARGS...: as if /dev/kvm did so
    local answer=$1
    shift
    run env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -f -qq -o /dev/null -P /dev/kvm -e trace="${answer%%:*}" -e inject="$answer" "$VMLAB" --headless "$@"
    last="/dev/kvm: $answer: vmlab $*"
}
if [ ! -e /dev/kvm ]; then
    vm --headless hello; is_status 0; out_is 'Hello, KVM!\n'; err_has 'engine soft'
    vm --headless --engine kvm hello; is_status 1; out_is ''; err_has '/dev/kvm'
    left_out "a /dev/kvm that is forbidden, used up or of another age: there is none at all here (that was checked)"
elif strace -qq -o /dev/null true 2>/dev/null; then
    answers="open,openat:error=ENOENT open,openat:error=EACCES open,openat:error=EBUSY open,openat:error=ENODEV"
    if [ -r /dev/kvm ] && [ -w /dev/kvm ]; then
        answers="$answers ioctl:retval=11 ioctl:error=ENOTTY ioctl:error=EIO"
        kvm ioctl:retval=11 --engine kvm hello; err_has 'API version'
    else
        left_out "a /dev/kvm that is of another age or broken: this user may not open it at all"
    fi
    for answer in $answers; do
        kvm $answer hello; is_status 0; out_is 'Hello, KVM!\n'; err_has 'engine soft'
        kvm $answer --engine kvm hello; is_status 1; out_is ''; err_like '/dev/kvm|KVM'
        true_that [ "$(grep -c . "$TMP/err")" = 1 ]
    done
    kvm open,openat:error=ENOENT --engine kvm hello; err_has 'no /dev/kvm'
    kvm open,openat:error=EACCES --engine kvm hello; err_has 'usermod -aG'
    # ... and the screen says so without being asked
    run env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" TERM=xterm LC_ALL=C.UTF-8 strace -f -qq -o /dev/null -P /dev/kvm -e trace=open,openat -e inject=open,openat:error=ENOENT \
        script -qec "stty cols 100 rows 30; '$VMLAB' --no-sandbox -c 'sync; quit' hello" /dev/null
    is_status 0; out_has 'soft: this host has no /dev/kvm'; out_lacks '/dev/kvm: virtualization'
else
    left_out "a /dev/kvm that is absent, forbidden, used up or of another age: strace may not trace here"
fi

# --- 64 guests that end at the same moment ---
words=$(for i in $(seq 64); do echo hello; done)
# shellcheck disable=SC2086
vm --headless $words; is_status 0
true_that [ "$(grep -c 'Hello, KVM!' "$TMP/out")" = 64 ]
true_that [ "$(grep -c 'exited with status 0' "$TMP/err")" = 64 ]

# --- nothing is left ---
last="what is left behind"
true_that [ -z "$(find "$TMP" -name '*.tmp' -o -name '*.part' -o -name 'core*')" ]
finish
