#!/bin/sh
# deps.sh: what mk/deps.sh says and does on machines that this one is not: a directory of made-up tools is all of its PATH.
set -u
tmp=$(mktemp -d "${TMPDIR:-/tmp}/vmlab-deps.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
bin=$tmp/bin

tool() { printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1" && chmod +x "$bin/$1"; }
machine() { # machine UID: nothing but what a shell script needs
    rm -rf "$bin" && mkdir -p "$bin" "$tmp/there" && : >"$tmp/did"
    rm -f "$tmp"/there/*
    for t in sh awk tr env touch dirname; do ln -s "$(command -v $t)" "$bin/$t"; done
    tool id "echo $1"; tool true ":"
}
debian() { # debian UID: a package is installed when there is a file of its name
    machine "$1"
    tool dpkg-query "for p; do :; done; [ -e '$tmp/there/'\$p ] && echo 'install ok installed'"
    tool apt-cache "for p; do :; done; [ -e '$tmp/known/'\$p ]"
    tool apt-get "echo \"apt-get \$*\" >>'$tmp/did'
        case \" \$* \" in *' install '*) while [ \"\$1\" != --no-install-recommends ]; do shift; done; shift; for p; do
            [ -e '$tmp/known/'\$p ] || { echo \"E: no \$p\" >&2; exit 100; }; touch '$tmp/there/'\$p; done ;;
        *) touch '$tmp/known/new-name' ;; esac"
}
sudoer() { tool sudo 'echo "sudo $1" >>"'"$tmp"'/did"; exec "$@"'; }
run() { PATH=$bin DEPS=${DEPS-} sh "$tmp/mk/deps.sh" build >"$tmp/out" 2>&1; status=$?; }
is() { # is WHAT STATUS TEXT...: how it ended, and what it must have said or done
    what=$1 want=$2 ok=1
    shift 2
    [ "$status" = "$want" ] || ok=0
    for text; do cat "$tmp/out" "$tmp/did" | grep -qF -- "$text" || { ok=0; echo "deps: $what: nothing says '$text'" >&2; }; done
    if [ $ok = 1 ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "deps: $what: status $status, not $want; it said and did:" >&2
        cat "$tmp/out" "$tmp/did" >&2
    fi
}
did_not() { if grep -q "$1" "$tmp/did"; then failed=$((failed + 1)); echo "deps: it must not: $1" >&2; else passed=$((passed + 1)); fi; }

mkdir -p "$tmp/mk" "$tmp/known"
cp "$(dirname "$0")/../../mk/deps.sh" "$tmp/mk/deps.sh"
printf 'build libone-dev\nbuild old-name|new-name\ntest libtest-dev\n' >"$tmp/mk/packages"
fresh() { rm -f "$tmp"/known/*; touch "$tmp/known/libone-dev" "$tmp/known/old-name"; }

fresh; machine 1000; run
is "no Debian" 1 "not a Debian or Ubuntu machine" "libone-dev" "make DEPS=no"
DEPS=no run; is "no Debian, but all is there" 0
debian 1000; rm "$bin/apt-get"; run
is "no apt-get" 1 "not a Debian or Ubuntu machine"
debian 1000; run
is "an ordinary user without sudo" 1 "there is no sudo" "as root: apt-get install libone-dev old-name"
tool sudo 'echo "sudo: you may not" >&2; exit 1'; run
is "sudo says no" 1 "sudo does not let you" "as root: apt-get install libone-dev old-name"
did_not "apt-get"
debian 1000; sudoer; touch "$tmp/there/libone-dev"; run
is "one is missing" 0 "missing packages: old-name" "sudo apt-get install" "apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends old-name"
: >"$tmp/did"; run; is "nothing is missing" 0
did_not "sudo"
debian 0; run; is "root needs no sudo" 0 "with: apt-get install"
did_not "sudo"
debian 0; rm "$tmp/known/old-name"; run
is "an index that knows only the new name after a refresh" 0 "apt-get update" "no-install-recommends libone-dev new-name"
fresh; rm "$tmp"/known/*; debian 0; run
is "a package that nobody has" 1 "E: no libone-dev" "apt-get could not install them"

echo "deps: $passed passed, $failed failed"
[ "$failed" = 0 ]
