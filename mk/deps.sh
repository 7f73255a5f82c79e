#!/bin/sh
# deps.sh SET...: make sure the Debian/Ubuntu packages of these sets (mk/packages) are installed; say what is missing and install it.
set -eu
here=$(dirname "$0")
want=""
for set in "$@"; do
    want="$want $(awk -v s="$set" '$1 == s { print $2 }' "$here/packages")"
done
installed() {
    case "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null || echo none)" in
        *"ok installed") return 0 ;;
    esac
    return 1
}
# "a|b": releases call it differently. The first that is installed or known will do.
choose() {
    for a in $(echo "$1" | tr '|' ' '); do
        if installed "$a" || apt-cache show "$a" >/dev/null 2>&1; then
            echo "$a"
            return
        fi
    done
    echo "$a"
}
if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "vmlab: this is not a Debian or Ubuntu machine (no dpkg): install the equivalents of:$want" >&2
    echo "vmlab: then run: make DEPS_STAMP= ..." >&2
    exit 1
fi
find_missing() {
    missing=""
    for p in $want; do
        case $p in *"|"*) p=$(choose "$p") ;; esac
        case " $missing " in *" $p "*) continue ;; esac
        installed "$p" || missing="$missing $p"
    done
}
find_missing
[ -n "$missing" ] || exit 0
echo "vmlab: missing packages:$missing"
sudo=""
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "vmlab: install them as root: apt-get install$missing" >&2
        exit 1
    fi
    sudo=sudo
fi
install_missing() {
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $missing
}
echo "vmlab: installing them with: ${sudo:+sudo }apt-get install"
# An index that is too old to know the packages is refreshed once; it may then know other names.
install_missing >/dev/null 2>&1 || {
    $sudo apt-get update -qq
    find_missing
    install_missing
}
