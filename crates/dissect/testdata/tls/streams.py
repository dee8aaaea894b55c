#!/usr/bin/env python3
"""Extracts TLS streams out of captures, with tshark, and what a reference list says of them.

    streams.py FOLDER OUT [MOST_BYTES [TRACE ...]]

FOLDER holds the captures and `expected.tsv` (README.md says where they are from). OUT/streams.tsv gets a line per segment:
name of the stream, side, bytes; OUT/expected.tsv the values, a line per stream. Streams longer than MOST_BYTES in a direction
are cut there; of a stream that was upgraded only what follows the upgrade is kept. Without traces all of the list are taken.
"""

import pathlib
import re
import subprocess
import sys

folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
most = int(sys.argv[3]) if len(sys.argv) > 3 else 16000
wanted = sys.argv[4:]


def tshark(path, *words):
    run = subprocess.run(["tshark", "-r", path, *words], capture_output=True, text=True)
    return run.stdout.splitlines()


def segments(path, stream):
    lines = tshark(path, "-q", "-z", f"follow,tcp,raw,{stream}")
    body = [line for line in lines if re.fullmatch(r"\t?[0-9a-f]+", line)]
    return [("S" if line.startswith("\t") else "C", bytes.fromhex(line.strip())) for line in body]


def is_client_hello(data):
    if len(data) > 5 and data[0] == 0x16 and data[1] == 3 and data[5] == 1:
        return True
    return len(data) > 11 and data[0] & 0x80 and data[2] == 1 and data[3] in (0, 3) and data[4] < 5


def from_hello(found):
    for at, (side, data) in enumerate(found):
        if is_client_hello(data):
            flip = {"C": "S", "S": "C"} if side == "S" else {"C": "C", "S": "S"}
            return [(flip[side], data) for side, data in found[at:]]
    return []


def cut(found):
    room = {"C": most, "S": most}
    for side, data in found:
        data = data[: room[side]]
        room[side] -= len(data)
        if data:
            yield side, data


expectations = {}
for line in (folder / "expected.tsv").read_text().splitlines()[1:]:
    trace, _, _, _, expected = line.split("\t")[:5]
    if not wanted or trace in wanted:
        expectations.setdefault(trace, {}).update(
            pair.split("=", 1) for pair in expected.split(";") if re.match(r"(ts|ssl)\d*\.", pair) and "=" in pair
        )

with open(out / "streams.tsv", "w") as streams, open(out / "expected.tsv", "w") as values:
    streams.write("# stream, side, bytes of a segment; see ../README.md\n")
    values.write("# stream, what tshark (ts.) and Zeek (ssl.) say of it; see ../README.md\n")
    for trace, keys in sorted(expectations.items()):
        path = folder / trace
        if not keys or not path.exists():
            continue
        numbers = sorted({int(n) for n in tshark(path, "-T", "fields", "-e", "tcp.stream") if n})
        found = [(n, from_hello(segments(path, n))) for n in numbers[:40]]
        found = [(n, it) for n, it in found if it]
        for nth, (n, it) in enumerate(found, 1):
            own = {}
            for prefix in ("ts", "ssl"):
                single = {k: v for k, v in keys.items() if k.startswith(prefix + ".")}
                numbered = {k: v for k, v in keys.items() if k.startswith(f"{prefix}{nth}.")}
                if len(found) == 1 and single:
                    own.update(single)
                own.update({prefix + "." + k.split(".", 1)[1]: v for k, v in numbered.items()})
            if not own:
                continue
            name = f"{trace}#{n}"
            pairs = ";".join(f"{k}={v}" for k, v in sorted(own.items()))
            values.write(f"{name}\t{pairs}\n")
            for side, data in cut(it):
                streams.write(f"{name}\t{side}\t{data.hex()}\n")
