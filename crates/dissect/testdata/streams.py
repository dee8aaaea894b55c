#!/usr/bin/env python3
"""Makes streams/*.txt: streams.py CAPTURES EXPECTED.tsv

CAPTURES is a folder with zeek/ and suricata-verify/, EXPECTED.tsv what is known of each capture: columns trace, origin,
origin_test, what_it_shows, expected, of which the caps… values are used. Needs tshark. A stream is kept as far as a bystander of
the dialogue has a reason to look: up to a few segments behind TLS' hellos, or to the client's first word of a log-in or mail,
of which the verb alone is kept.
"""
import pathlib
import re
import subprocess
import sys

STOPS = re.compile(rb"^(AUTH \S+|MAIL|RCPT|DATA|BDAT|USER|PASS|APOP|NICK|[^ ]+ LOGIN)\b", re.I | re.M)
SEGMENTS = 24
SEGMENTS_OF_TLS = 6
STREAMS = 8


def expectations(path):
    known = {}
    for row in path.read_text(errors="replace").split("\n")[1:]:
        cells = row.split("\t")
        pairs = [pair.split("=", 1) for pair in (cells[4].split(";") if len(cells) > 4 else []) if "=" in pair]
        caps = [(key, value) for key, value in pairs if key.startswith("caps")]
        if caps:
            known.setdefault(cells[0], dict(caps))
    return known


def follow(capture, stream):
    command = ["tshark", "-n", "-r", capture, "-q", "-z", f"follow,tcp,raw,{stream}"]
    out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    port = re.search(r"Node 1: .*:(\d+)", out)
    said = [("S" if line.startswith("\t") else "C", bytes.fromhex(line.strip()))
            for line in out.split("\n") if re.fullmatch(r"\t?[0-9a-f]+", line) and len(line.strip()) % 2 == 0]
    return (int(port.group(1)) if port else 0), said


def kept(said):
    out, tls = [], 0
    for at, (side, data) in enumerate(said[:SEGMENTS]):
        stop = STOPS.search(data) if side == "C" and not tls else None
        if stop:
            out.append((side, data[: stop.end()] + b"\r\n"))
            if b"CAP LS" in data:
                # The list comes behind the registration that was in the same breath.
                out += [answer for answer in said[at + 1 : at + 4] if answer[0] == "S"]
            break
        out.append((side, data))
        tls += data[:2] == b"\x16\x03"
        if tls > SEGMENTS_OF_TLS:
            break
    return out


def main(captures, expected):
    target = pathlib.Path(__file__).parent / "streams"
    for trace, caps in expectations(expected).items():
        number = 0
        for stream in range(STREAMS):
            port, said = follow(captures / trace, stream)
            if not any(re.match(rb"2[25]0|\+OK|\* OK|:\S+ |<", data) for _, data in said[:3]):
                continue
            number += 1
            mine = [(key.split(".", 1)[1], value) for key, value in caps.items()
                    if key.startswith("caps.") and number == 1 or key.startswith(f"caps{number}.")]
            if not mine:
                continue
            name = re.sub(r"[^a-z0-9]+", "-", f"{trace.rsplit('.', 1)[0]}-{stream}".lower())
            lines = [f"# source: {trace}, TCP stream {stream}", f"port {port}"]
            lines += [f"{side} {data.hex()}" for side, data in kept(said)]
            lines += [f"= {key} {value}" for key, value in mine]
            (target / f"{name}.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
