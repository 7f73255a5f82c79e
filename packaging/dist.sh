#!/bin/sh
# dist.sh NAME DIR: DIR/NAME.tar.gz from the files that git knows (in an unpacked tarball: from all of them). The same
# commit gives the same bytes: sorted names, the commit's time, no owner, modes that do not depend on the umask.
set -eu
name=$1 dir=$2
mkdir -p "$dir"
list=$dir/files
if [ -e .git ]; then
    [ -z "$(git status --porcelain --untracked-files=no)" ] || echo "dist: there are changes that are not committed: they are in it too" >&2
    git ls-files -z >"$list"
    when=$(git log -1 --format=%ct)
else
    find . -path ./build -prune -o -type f -printf '%P\0' >"$list"
    when=$(stat -c %Y VERSION)
fi
when=${SOURCE_DATE_EPOCH:-$when}
LC_ALL=C sort -z "$list" >"$list.sorted"
tar --create --file="$dir/$name.tar" --format=ustar --mtime="@$when" \
    --owner=0 --group=0 --numeric-owner --mode='u+rwX,go+rX,go-w' --transform="s,^,$name/,S" --no-recursion --null --files-from="$list.sorted"
gzip -n9 <"$dir/$name.tar" >"$dir/$name.tar.gz"
rm -f "$dir/$name.tar" "$list" "$list.sorted"
echo "dist: $dir/$name.tar.gz, $(wc -c <"$dir/$name.tar.gz") bytes"
