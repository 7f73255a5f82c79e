# Runs without a screen: output, input, exit status, the ways a run ends.
. ./lib.sh
hello='Hello, KVM!'

# A guest's bytes as they are; the summary on stderr.
vm hello; is_status 0; out_has "$hello"; err_like '^\[0 hello\] exited with status 0'; err_like '[0-9]+ exits: .*io-out'; err_has "in the guest"
cp "$TMP/out" "$TMP/first"
for e in soft; do vm --engine $e hello; is_status 0; true_that cmp "$TMP/first" "$TMP/out"; done

# Several: a prefix on each line, each line whole.
vm hello counter; is_status 0; out_like "^\[0 hello\] $hello"; out_like '^\[1 counter\] '
true_that test "$(grep -cvE '^\[[01] (hello|counter)\] ' "$TMP/out")" = 0
out_lacks $'\033'

# Exit status: the guest's, the first that is not 0, 255 when it does not fit. (mov al,0; mov bx,N; mov dx,0x500; out dx,al)
guest() { printf '%b' "\\xb0\\x00\\xbb\\x$1\\x$2\\xba\\x00\\x05\\xee\\xf4" >"$TMP/exit$3.bin"; }
guest 07 00 7; guest 09 00 9; guest 00 01 256
vm "$TMP/exit7.bin"; is_status 7
vm hello "$TMP/exit9.bin" "$TMP/exit7.bin"; is_status 9
vm "$TMP/exit256.bin"; is_status 255

# Input arrives, all of it, and its end too. CLI_BYTES is how much of it there is.
printf 'abc\n' >"$TMP/in"; vm echo; is_status 0; out_has "abc"
head -c "${CLI_BYTES:-850000}" /dev/urandom | base64 -w 76 >"$TMP/big"
cp "$TMP/big" "$TMP/in"; vm --timeout 280 --engine soft echo; is_status 0
true_that cmp "$TMP/big" "$TMP/out"
vm echo; is_status 0

# A guest that never ends.
printf '\353\376' >"$TMP/loop.bin"
vm --timeout 0.3 "$TMP/loop.bin"; is_status 124; err_has "stopped after 0.3 seconds"; err_like '^\[0 loop\] paused$'
for sig in INT:130 TERM:143 HUP:129; do
    last="signal $sig"
    "$VMLAB" --headless "$TMP/loop.bin" >"$TMP/out" 2>"$TMP/err" </dev/null &
    pid=$!
    for _ in $(seq 200); do [ -e "/proc/$pid/task" ] && [ "$(ls "/proc/$pid/task" | wc -l)" -gt 1 ] && break; sleep 0.05; done
    # A background job ignores SIGINT unless it says otherwise; vmlab hears it through a descriptor all the same.
    kill -"${sig%:*}" $pid; wait $pid; status=$?
    is_status "${sig#*:}"; err_has "stopped by SIG${sig%:*}"; err_like '^\[0 loop\]'
done

# A guest that fails: 1, and why.
vm crash; is_status 1; err_like '^\[0 crash\] failed'; err_has "triple fault"
vm hello crash; is_status 1

# Writing fails: said, status 1.
run bash -c "'$VMLAB' hello >&-"; is_status 1; err_has "cannot write to stdout"
run bash -c "'$VMLAB' hello >/dev/full"; is_status 1; err_has "No space left"
run bash -c "'$VMLAB' --help >/dev/full"; is_status 1; err_has "No space left"
run bash -c "'$VMLAB' --json hello >/dev/full"; is_status 1; err_has "No space left"
# (mov dx,0x500; mov al,1; mov bl,'y'; out dx,al; jmp $-1): prints for ever
printf '\272\000\005\260\001\263y\356\353\375' >"$TMP/yes.bin"
run bash -c "'$VMLAB' --timeout 30 '$TMP/yes.bin' | head -c 100 | wc -c; exit \${PIPESTATUS[0]}"; is_status 1; err_has "whoever read it has gone"; out_has 100
vm --log $TMP/none/x hello; is_status 1; err_has "$TMP/none/x"
vm --trace $TMP/none/x hello; is_status 1; err_has "$TMP/none/x"
vm --log /dev/full hello; is_status 1; err_has "the whole console log"
vm --trace /dev/full hello; is_status 1; err_has "No space left"
mkfifo "$TMP/unread"; run timeout -k 1 5 "$VMLAB" --headless -c "trace save $TMP/unread" hello; is_status 1; err_has "nobody reads from it"
run timeout -k 1 5 "$VMLAB" --trace >(cat >"$TMP/read") hello; is_status 0; true_that grep -q "^vcpu,name,seq" "$TMP/read"

# Logs and traces.
vm --log "$TMP/log" hello; is_status 0; true_that cmp "$TMP/log" "$TMP/out"
vm --log "$TMP/log" hello; true_that cmp "$TMP/log" "$TMP/out"
vm --log "$TMP/logs" hello counter; true_that test -s "$TMP/logs.0" -a -s "$TMP/logs.1"
vm --trace "$TMP/t.csv" hello; is_status 0; true_that grep -q '^vcpu,name,seq' "$TMP/t.csv"; true_that grep -q ',io-out,' "$TMP/t.csv"
vm --trace "$TMP/t.json" hello; true_that grep -q traceEvents "$TMP/t.json"
if command -v python3 >/dev/null; then true_that python3 -m json.tool "$TMP/t.json" /dev/null; fi
# Deterministic: the same to the byte, whatever the host does meanwhile.
for k in a b; do printf '5\n0\n' >"$TMP/in"; vm --deterministic --trace "$TMP/$k.csv" 1k-os; is_status 0; cp "$TMP/out" "$TMP/$k.out"; done
true_that cmp "$TMP/a.csv" "$TMP/b.csv"; true_that cmp "$TMP/a.out" "$TMP/b.out"
(printf '5\n'; sleep 0.3; printf '0\n') | "$VMLAB" --deterministic --trace "$TMP/b.csv" 1k-os >"$TMP/b.out" 2>/dev/null
true_that cmp "$TMP/a.csv" "$TMP/b.csv"; true_that cmp "$TMP/a.out" "$TMP/b.out"
error 1 "engine kvm" --deterministic --engine kvm hello

vm -v hello; is_status 0; out_has "$hello"; err_like '^\[0 hello\] .*io-out'
vm -v hello -c 'run; wait; sleep 0.05; reset; run; wait; sleep 0.05; load hello; run; wait' # each run from its beginning
is_status 0; true_that [ "$(grep -c 'state *running' "$TMP/err")" = 3 ]
true_that test "$(grep -c 'io-out' "$TMP/err")" -ge 10
# Nothing is lost when the script goes on at once.
script=; for k in 1 2 3 4 5 6 7 8; do script+='run; wait; reset; run; wait; load hello; '; done
vm -v hello -c "$script"; is_status 0; true_that [ "$(grep -c 'io-out .*port' "$TMP/err")" = $((16 * 12)) ]

# The timer ticks in a confined process too: a guest that sleeps between ticks wakes.
printf '2\n0\n' >"$TMP/in"; vm --timeout 50 1k-os; is_status 0; out_has "Counter 0-9"
finish
