#!/bin/sh
# kernel.sh DIR: put a kernel and the modules that make KVM on an AMD processor into DIR, once: DIR/vmlinuz, DIR/modules/*.ko and
# DIR/modules/order. The distribution's own kernel package is downloaded and unpacked, never installed.
# RIG_KERNEL=/boot/vmlinuz-... and RIG_MODULES=/lib/modules/... use what is already there instead.
set -eu
dir=$1
[ ! -e "$dir/ready" ] || exit 0
mkdir -p "$dir"
work=$dir/work
rm -rf "$work" "$dir/modules"
mkdir -p "$work" "$dir/modules"

fail() { echo "check-kvm: $*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# The package that a meta package stands for: linux-image-cloud-amd64 -> linux-image-6.1.0-NN-cloud-amd64.
image_package() {
    for meta in linux-image-cloud-amd64 linux-image-virtual linux-image-generic linux-image-amd64; do
        p=$(apt-cache depends "$meta" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
        [ -z "$p" ] || { echo "$p"; return; }
    done
}

fetch() { # fetch PACKAGE: unpack it into $work/root
    (cd "$work" && timeout "${RIG_DOWNLOAD_SECONDS:-600}" apt-get -o Acquire::Retries=3 download "$1") >"$work/log" 2>&1 || return 1
    dpkg-deb -x "$work"/"$1"_*.deb "$work/root"
    rm -f "$work"/*.deb
}

fetch_modules() { # fetch_modules PACKAGE: if there is such a package
    ! apt-cache show "$1" >/dev/null 2>&1 || fetch "$1" || { cat "$work/log" >&2; fail "could not download $1"; }
}

module_file() { # module_file NAME DIR: its name may be written with - or _
    find "$2/" -name "$(echo "$1" | sed 's/[-_]/[-_]/g').ko*" | head -n 1
}

version=""
if [ -n "${RIG_KERNEL:-}" ]; then
    kernel=$RIG_KERNEL
    tree=${RIG_MODULES:?check-kvm: RIG_KERNEL needs RIG_MODULES too, the directory with its modules}
else
    command -v apt-get >/dev/null || fail "no apt-get here to download a kernel with: set RIG_KERNEL=vmlinuz and RIG_MODULES=directory"
    # An index may be missing, or so old that the version it names is gone: refresh it once and look again.
    image=$(image_package)
    if [ -z "$image" ] || ! fetch "$image"; then
        echo "check-kvm: refreshing the package index"
        as_root apt-get update -qq
        image=$(image_package)
        [ -n "$image" ] || fail "no kernel package found by apt-cache (looked for linux-image-cloud-amd64, linux-image-virtual, linux-image-generic)"
        fetch "$image" || { cat "$work/log" >&2; fail "could not download $image"; }
    fi
    echo "check-kvm: kernel: $image (downloaded and unpacked, not installed)"
    # Ubuntu ships modules in packages of their own.
    version=${image#linux-image-}
    version=${version#unsigned-}
    for more in "linux-modules-$version" "linux-modules-extra-$version"; do
        module_file kvm-amd "$work/root" | grep -q . || fetch_modules "$more"
    done
    kernel=$(find "$work/root/boot" -name 'vmlinuz-*' | head -n 1)
    tree=$work/root
fi
[ -f "$kernel" ] || fail "no vmlinuz found ($kernel)"

unpack() { # unpack FILE: a module, plain or compressed, on stdout
    case $1 in
        *.ko) cat "$1" ;;
        *.xz) xz -dc "$1" ;;
        *.zst) zstd -dcq "$1" ;;
        *.gz) gzip -dc "$1" ;;
        *) fail "do not know how to unpack $1" ;;
    esac
}

# A module after everything its .modinfo says it depends on. A dependency without a file is built into the kernel, or in Ubuntu's
# package of rarer modules. (A subshell: it calls itself.)
add_module() (
    name=$1
    grep -qsx "$name.ko" "$dir/modules/order" && exit 0
    file=$(module_file "$name" "$tree")
    if [ -z "$file" ] && [ -n "$version" ] && [ ! -e "$work/extra" ]; then
        touch "$work/extra"
        fetch_modules "linux-modules-extra-$version"
        file=$(module_file "$name" "$tree")
    fi
    if [ -z "$file" ]; then
        [ "$name" != kvm-amd ] || fail "$tree has no module kvm-amd"
        exit 0
    fi
    unpack "$file" >"$dir/modules/$name.ko"
    for d in $(tr '\0' '\n' <"$dir/modules/$name.ko" | sed -n 's/^depends=//p' | tr ',' ' '); do
        add_module "$d"
    done
    echo "$name.ko" >>"$dir/modules/order"
)
add_module kvm-amd

cp "$kernel" "$dir/vmlinuz"
rm -rf "$work"
touch "$dir/ready"
