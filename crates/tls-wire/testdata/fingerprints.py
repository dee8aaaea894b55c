#!/usr/bin/env python3
"""Makes fingerprints.tsv out of packet captures of public test suites.

fingerprints.py FOLDER > fingerprints.tsv

FOLDER holds zeek/ (traces of Zeek's testing/btest) and suricata-verify/ (its tests' captures). JA3 and JA3S are those
that tshark computes; JA4 are those that Suricata's tests expect (SURICATA below, with the test's name). Its test
bug-5713-02-ja4 is left out: of a hello without signature schemes it hashes an underscore that the description of JA4
says is not there."""

import pathlib
import subprocess
import sys

SURICATA = {
    "suricata-verify/ja4-tls-quic/input.pcap": ("t13d1516h2_8daaf6152771_e5627efa2ab1", "tests/ja4-tls-quic"),
}
FIELDS = ["frame.number", "tcp.payload", "tls.handshake.type", "tls.handshake.ja3", "tls.handshake.ja3s"]
MOST = 24


def hello(payload, kind):
    """The body of a hello that fills the first record of a segment."""
    if len(payload) < 9 or payload[0] != 22 or payload[1] != 3 or payload[5] != kind:
        return None
    body = payload[9 : 9 + int.from_bytes(payload[6:9], "big")]
    fits = len(body) + 4 <= int.from_bytes(payload[3:5], "big")
    return body if fits and len(body) == int.from_bytes(payload[6:9], "big") else None


def rows(folder):
    for path in sorted(folder.glob("zeek/tls/*.pcap")) + sorted(folder.glob("suricata-verify/*/*.pcap")):
        name = str(path.relative_to(folder))
        command = ["tshark", "-r", str(path), "-Y", "tls.handshake.ja3 || tls.handshake.ja3s", "-T", "fields"]
        command += ["-E", "occurrence=f"] + [word for field in FIELDS for word in ("-e", field)]
        for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines():
            frame, payload, kind, ja3, ja3s = (line.split("\t") + [""] * 5)[:5]
            if kind not in ("1", "2") or not payload:
                continue
            body = hello(bytes.fromhex(payload), int(kind))
            if body is not None and (ja3 or ja3s):
                yield name, frame, "C" if kind == "1" else "S", body, ja3 or ja3s


def main():
    print("# side, capture and frame, JA3 or JA3S by tshark, JA4 by Suricata's test or -, the hello's body; see README.md")
    seen, counts = set(), {"C": 0, "S": 0}
    found = sorted(rows(pathlib.Path(sys.argv[1])), key=lambda row: row[0] not in SURICATA)
    for name, frame, side, body, ja3 in found:
        if (side, ja3) in seen or counts[side] >= MOST:
            continue
        seen.add((side, ja3))
        counts[side] += 1
        ja4 = SURICATA.get(name, ("-",))[0] if side == "C" else "-"
        print("\t".join([side, f"{name}#{frame}", ja3, ja4, body.hex()]))


main()
