#!/bin/sh
# deb.sh NAME VERSION: build/deb/vmlab_*.deb from the tarball that `make dist` made, what lintian says about it, and whether all is in it and
# runs from there (packaging/tests/installed.sh).
set -eu
name=$1 version=$2
dir=$(pwd)/build/deb
rm -rf "$dir"
mkdir -p "$dir"
cp "build/dist/$name.tar.gz" "$dir/vmlab_$version.orig.tar.gz"
tar -xzf "build/dist/$name.tar.gz" -C "$dir"
cp -r packaging/debian "$dir/$name/debian"
cd "$dir/$name"
dpkg-buildpackage -us -uc -b >"$dir/build.log" 2>&1 || { tail -n 60 "$dir/build.log" >&2; echo "deb: see $dir/build.log" >&2; exit 1; }
cd "$dir"
# The tags that are about Debian's own archive do not fit here: there is no bug to close.
lintian --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs ./*.changes
ls -l "$dir"/*.deb
echo "deb: 2 passed, 0 failed"
dpkg-deb -x "$dir/vmlab_$version"-*.deb "$dir/unpacked"
sh "$dir/$name/packaging/tests/installed.sh" "$dir/unpacked/usr" "$version"
