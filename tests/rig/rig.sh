#!/bin/sh
# rig.sh KERNEL-DIR BUILD COMMAND...: run a shell command on a true-shaped KVM, on any machine: QEMU's software CPU plays an AMD
# processor with SVM, a Linux kernel boots in it with kvm-amd, and /dev/kvm there has everything hardware has. The directory
# the command runs in looks like this one: BUILD with the program, guests and tests, and tests/.
# Output is passed on as it comes. The exit status is the command's; 124 when the time limit RIG_SECONDS was hit.
# Everything is many times slower inside. One processor by default: QEMU's SVM is faster with one, and has hung with two.
# QEMU is kept on one processor of the host: its SVM changes a word of pending interrupts without the lock that its other thread
# takes for that, and between two processors an interrupt was lost now and then. A periodic tick (nohz=off highres=off), because with a
# tickless kernel such a one was the last ever: the machine stood still with the timer's vector in the local APIC's IRR.
set -eu
kernel=$1 build=$2
shift 2
seconds=${RIG_SECONDS:-1500}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/vmlab-rig.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
root=$tmp/root
here=$root/vmlab

# Everything that could run in there: the program, guests, tests and their data. RIG_FILES: more. Objects and sources stay out.
mkdir -p "$root/bin" "$root/modules" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/root" "$here"
cp "$(command -v busybox)" "$root/bin/busybox"
cp "$kernel"/modules/* "$root/modules/"
things=""
for f in "$build/vmlab" "$build/guests" "$build/os-1k" "$build/tests" tests ${RIG_FILES:-}; do
    [ ! -e "$f" ] || things="$things $f"
done
find $things -type f ! -name '*.[aodch]' ! -path '*/fuzz/*' -print0 | cpio -0 -pdmL --quiet "$here"

# Debug information is not needed inside, shared libraries are.
find "$here" -type f -perm -u+x >"$tmp/programs"
while read -r f; do
    case $(head -c 4 "$f" | tr -d '\0') in
        *ELF) strip --strip-debug "$f" 2>/dev/null || echo "rig: $f keeps its debug information" >&2
              ldd "$f" 2>/dev/null || echo "static" ;;
    esac
done <"$tmp/programs" | awk '/=> \// { print $3 } $1 ~ /^\// { print $1 }' | sort -u >"$tmp/libraries"
while read -r l; do
    mkdir -p "$root$(dirname "$l")"
    cp -L "$l" "$root$l"
done <"$tmp/libraries"
for term in xterm xterm-256color screen-256color vt100 linux dumb; do
    for base in /lib/terminfo /usr/share/terminfo; do
        f=$base/$(echo "$term" | cut -c1)/$term
        [ ! -e "$f" ] || { mkdir -p "$root$(dirname "$f")" && cp -L "$f" "$root$f"; }
    done
done

# A user, and the locale in which the tests print.
mkdir -p "$root/etc" "$root/usr/lib/locale"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
[ ! -d /usr/lib/locale/C.utf8 ] || cp -r /usr/lib/locale/C.utf8 "$root/usr/lib/locale/"

# The status comes out by a serial port of its own, so that nothing a test prints can be taken for it.
cat >"$root/init" <<'I'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm; mount -t devpts devpts /dev/pts; mount -t tmpfs shm /dev/shm
while read -r m; do insmod "/modules/$m" || echo "rig: cannot load $m"; done </modules/order
ip link set lo up
export HOME=/root PATH=/bin TERM=xterm LANG=C.UTF-8 VMLAB_RIG=1
cd /vmlab
sh /command </dev/null
echo $? >/dev/ttyS1
poweroff -f
I
chmod +x "$root/init"
echo "$*" >"$root/command"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$tmp/initramfs"

# In the background, so that a signal to this script ends the machine too.
: >"$tmp/status"
mkfifo "$tmp/console"
sed -u 's/\r$//' <"$tmp/console" &
reader=$!
processor=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status)
timeout -k 10 "$seconds" taskset -c "$processor" qemu-system-x86_64 -accel tcg -cpu max,+svm,+npt -smp "${RIG_CPUS:-1}" -m "${RIG_MB:-1024}" \
    -display none -monitor none -no-reboot -net none -serial stdio -serial "file:$tmp/status" \
    -kernel "$kernel/vmlinuz" -initrd "$tmp/initramfs" -append "console=ttyS0 quiet panic=-1 nohz=off highres=off" </dev/null >"$tmp/console" 2>&1 &
qemu=$!
trap 'kill $qemu 2>/dev/null; exit 143' TERM HUP
trap 'kill $qemu 2>/dev/null; exit 130' INT
ended=0
wait $qemu || ended=$?
wait $reader
if [ "$ended" = 124 ] || [ "$ended" = 137 ]; then
    echo "rig: still running after $seconds s: ended" >&2
    exit 124
fi
status=$(tr -d '\r\n' <"$tmp/status")
[ -n "$status" ] || { echo "rig: the machine ended without a status (QEMU: $ended)" >&2; exit 1; }
exit "$status"
