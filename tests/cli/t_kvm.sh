# /dev/kvm that is not there or may not be opened (tests/faults/host.sh: or is something else): said with what to do, and auto runs the guest all the same.
. ./lib.sh

falls_back() { # falls_back TEXT COMMAND...: kvm is refused with TEXT, auto takes the software CPU and says why
    local text=$1; shift
    run "$@" "$VMLAB" --engine kvm hello; is_status 1; err_has "$text"; out_is ''
    run "$@" "$VMLAB" hello; is_status 0; out_has "Hello, KVM!"; err_like 'engine soft: .*/dev/kvm'
    run "$@" "$VMLAB" engines; is_status 0; out_like '^kvm .*cannot be used here'
}

vm engines; is_status 0; out_like '^(kvm|soft) '; out_like '^kvm +Linux KVM: (API [0-9]+, |cannot be used)'
error 2 "auto, kvm or soft" --engine bochs hello
vm --engine soft long; is_status 1; err_has "64-bit"; out_is ''
# 64-bit registers fit the output pane of 80 columns
if [ -w /dev/kvm ]; then vm --headless long -c 'until exit hlt; regs'; is_status 0; out_has "  r8 "; true_that test "$(wc -L <"$TMP/out")" -le 76; fi
if [ ! -e /dev/kvm ]; then
    falls_back "no /dev/kvm" env
elif [ ! -r /dev/kvm ]; then
    falls_back "usermod -aG" env
fi
if [ "$(id -u)" = 0 ]; then
    # shellcheck disable=SC2012
    if [ -e /dev/kvm ] && [ "$(stat -c %a /dev/kvm | tail -c 2)" = 0 ]; then
        chmod 755 "$TMP"; cp "$VMLAB" "$TMP/vmlab"; mkdir "$TMP/guests"; cp "$BUILD/guests/hello.bin" "$TMP/guests"
        saved=$VMLAB VMLAB=$TMP/vmlab
        falls_back "usermod -aG" setpriv --reuid 65534 --regid 65534 --clear-groups
        VMLAB=$saved
    else
        left_out "a user who may not open /dev/kvm: it is absent, or open to everybody"
    fi
else
    left_out "a user who may not open /dev/kvm, while root may: this is not root"
fi
finish
