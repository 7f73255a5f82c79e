#!/bin/sh
# deps.sh SET...: make sure the Debian/Ubuntu packages of these sets (mk/packages) are installed; say what is missing and install it.
# DEPS=no in the environment: believe that everything is there.
set -eu
[ "${DEPS-}" != no ] || exit 0
here=$(dirname "$0")
want=""
for set in "$@"; do
    want="$want $(awk -v s="$set" '$1 == s { print $2 }' "$here/packages")"
done
want=$(echo "$want" | tr '\n' ' ' | tr -s ' ')
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
if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    echo "vmlab: this is not a Debian or Ubuntu machine (no dpkg-query or no apt-get). Install what these packages are called here:$want" >&2
    echo "vmlab: then say that they are there: make DEPS=no" >&2
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
by_hand() {
    echo "vmlab: $1: somebody who may must run, as root: apt-get install$missing" >&2
    exit 1
}
sudo=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || by_hand "only root can install packages, and there is no sudo"
    sudo=sudo
    # Asks for the password here, where the question is seen.
    sudo true || by_hand "sudo does not let you install packages"
fi
install_missing() {
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $missing
}
echo "vmlab: installing them with: ${sudo:+sudo }apt-get install"
# An index that is too old to know the packages is refreshed once; it may then know other names.
install_missing >/dev/null 2>&1 || {
    $sudo apt-get update -qq || by_hand "apt-get update failed"
    find_missing
    install_missing || by_hand "apt-get could not install them"
}
