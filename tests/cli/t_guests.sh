# Guests that are there, guests that are not.
. ./lib.sh

error 1 "Did you mean 'hello'?" helo
error 1 "Did you mean 'multiplication'?" mulitplication
error 1 "'vmlab guests' lists" zzzzzzzz
error 1 "There is no file" $TMP/none/zzzzzz.bin
error 1 "is a directory" "$TMP"
: >"$TMP/empty.bin"
error 1 "is empty" "$TMP/empty.bin"
head -c 300000 /dev/zero >"$TMP/big.bin"
error 1 "its memory only 262144" "$TMP/big.bin"
head -c 5000000 /dev/zero >"$TMP/bigger.bin"
error 1 "Give it more with --mem" --boot flat32 "$TMP/bigger.bin"
truncate -s 100M "$TMP/huge.bin"
error 1 "larger than" "$TMP/huge.bin"
error 1 "neither a file nor a pipe" /dev/null
error 2 "is empty" ""
error 1 "characters long" "$(head -c 5000 /dev/zero | tr '\0' x)"
mkfifo "$TMP/fifo"
error 1 "is empty" "$TMP/fifo"
cp "$BUILD/guests/hello.bin" "$TMP/secret.bin"
chmod 000 "$TMP/secret.bin"
if [ "$(id -u)" = 0 ]; then
    chmod 755 "$TMP"
    cp "$VMLAB" "$TMP/vmlab"
    run setpriv --reuid 65534 --regid 65534 --clear-groups "$TMP/vmlab" "$TMP/secret.bin"
    is_status 1
    err_has "You may not read the guest"
else
    error 1 "You may not read the guest" "$TMP/secret.bin"
fi

# names, paths, pipes, names with dots and strange characters
vm hello; is_status 0; out_has "Hello, KVM!"
vm "$BUILD/guests/hello.bin"; is_status 0; out_has "Hello, KVM!"
vm os-1k/kernel.bin -c 'walk 0x80001000'; is_status 0; out_has 'PDE'
printf '0\n' >"$TMP/in"; vm --paging os-1k/kernel.bin; is_status 0; out_has "1K OS"
vm guests/hello.bin; is_status 0; out_has "Hello, KVM!"
cp "$BUILD/guests/hello.bin" "$TMP/a b"$'\n'c.bin
vm "$TMP/a b"$'\n'c.bin; is_status 0; err_has "[0 a b?c]"
cd "$TMP" && cp "$BUILD/guests/hello.bin" own.bin && vm own.bin && is_status 0; out_has "Hello, KVM!"
run bash -c "'$VMLAB' <(cat '$BUILD/guests/hello.bin')"; is_status 0; out_has "Hello, KVM!"
finish
