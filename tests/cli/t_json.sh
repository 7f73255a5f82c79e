# The JSON report: every field that docs/json.md describes, and none that it does not.
. ./lib.sh

command -v python3 >/dev/null || { echo "t_json.sh: python3 is needed to read JSON" >&2; exit 1; }
vm --json hello crash -c 'run @all; wait; echo "a \"b\""'
is_status 1
cat >"$TMP/check.py" <<'EOF'
import json, re, sys
doc = json.load(open(sys.argv[1]))
described = set(re.findall(r'`([a-z_0-9]+)`', "\n".join(l.split("|")[1] for l in open(sys.argv[2]) if l.startswith("| `"))))
found = set()
def keys(o, inside):
    if isinstance(o, dict):
        for k, v in o.items():
            if inside not in ("by_reason", "registers"):
                found.add(k)
            keys(v, k)
    elif isinstance(o, list):
        for v in o: keys(v, inside)
keys(doc, "")
undescribed = found - described - {"kind", "at", "count", "from_ns"}
missing = described - found - {"console_base64"}
assert not undescribed, "not in docs/json.md: %s" % undescribed
assert not missing, "described but not there: %s" % missing
h, c = doc["vcpus"]
assert doc["schema"] == 1 and doc["exit_status"] == 1 and doc["reason"] == "ended", doc
assert doc["output"] == 'a "b"\n', doc["output"]
assert h["guest"] == "hello" and h["state"] == "exited" and h["status"] == 0 and "Hello, KVM!" in h["console"], h
assert h["exits"]["total"] >= h["exits"]["by_reason"]["io-out"] > 0 and h["console_bytes"] == len(h["console"])
assert h["exits"]["places"][0]["at"].startswith("0x")
assert c["state"] == "failed" and c["status"] is None and "triple fault" in c["postmortem"].lower()
assert h["engine"] in ("kvm", "soft") and h["engine_reason"]
EOF
true_that python3 "$TMP/check.py" "$TMP/out" ../../docs/json.md
# bytes that are no text
printf '\272\000\005\260\001\263\377\356\364' >"$TMP/ff.bin"
vm --json "$TMP/ff.bin"; is_status 0; out_has '"console_base64":	"/w=="'
# a name that is no text: whole, or once it was cut to fit
for name in "$(printf 'bad\377\033name')" aéééééééééééééééééééééééééééééééééééééééé ééééééééééééééééééééééééééééééééééééééééé; do
    cp "$TMP/ff.bin" "$TMP/$name.bin"
    vm --json "$TMP/$name.bin"; is_status 0
    true_that python3 -c 'import json, sys; json.load(open(sys.argv[1], encoding="utf-8"))' "$TMP/out"
done
printf '\353\376' >"$TMP/loop.bin"
vm --json --timeout 0.2 "$TMP/loop.bin"; is_status 124; out_has '"reason":	"timeout"'
finish
