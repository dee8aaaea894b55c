#!/usr/bin/env python3
"""Writes the *.transcript files made by OpenSSL on loopback: python3 capture.py [FOLDER FOR KEYS]

Needs the command line tool `openssl` (3.0 or later). Keys and certificates are thrown away.
"""
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PORT = 44330
OLD = ["-cipher", "ALL:@SECLEVEL=0"]
# name: (arguments of s_server, arguments of s_client); with -sess_in a first connection fills the session file
CASES = {
    "tls13-ecdsa-alpn-ocsp": (["-cert", "ec.pem", "-key", "ec.key", "-cert_chain", "ca.pem", "-alpn", "imap", "-status_file", "ocsp.der"],
                              ["-servername", "mail.example", "-alpn", "imap,smtp", "-status"]),
    "tls13-retry-p384": (["-cert", "rsa.pem", "-key", "rsa.key", "-groups", "P-384"],
                         ["-groups", "X25519:P-384", "-servername", "mail.example"]),
    "tls13-certificate-request": (["-cert", "rsa.pem", "-key", "rsa.key", "-Verify", "1", "-CAfile", "ca.pem", "-num_tickets", "4"],
                                  ["-cert", "ec.pem", "-key", "ec.key"]),
    "tls13-resumed": (["-cert", "rsa.pem", "-key", "rsa.key", "-tls1_3"], ["-tls1_3", "-sess_in", "session13.pem"]),
    "tls12-ecdhe-rsa-ticket": (["-cert", "rsa.pem", "-key", "rsa.key", "-tls1_2"], ["-servername", "mail.example"]),
    "tls12-ecdhe-ecdsa-ocsp": (["-cert", "ec.pem", "-key", "ec.key", "-cert_chain", "ca.pem", "-tls1_2", "-status_file", "ocsp.der", "-alpn", "imap"],
                               ["-status", "-tls1_2", "-alpn", "smtp,imap"]),
    "tls12-dhe-rsa-certificate-request": (["-cert", "rsa.pem", "-key", "rsa.key", "-tls1_2", "-Verify", "1", "-CAfile", "ca.pem"],
                                          ["-cipher", "DHE-RSA-AES128-GCM-SHA256", "-cert", "ec.pem", "-key", "ec.key"]),
    "tls12-rsa": (["-cert", "rsa.pem", "-key", "rsa.key", "-tls1_2", "-no_ticket"], ["-cipher", "AES128-SHA", "-tls1_2"]),
    "tls12-resumed-ticket": (["-cert", "rsa.pem", "-key", "rsa.key", "-tls1_2"], ["-tls1_2", "-sess_in", "session12.pem"]),
    "tls12-anonymous-dh": (["-nocert", "-tls1_2"] + OLD, ["-tls1_2", "-cipher", "ADH-AES128-SHA:@SECLEVEL=0"]),
    "tls12-ecdhe-psk": (["-nocert", "-tls1_2", "-psk", "00112233", "-psk_hint", "hint"],
                        ["-tls1_2", "-psk", "00112233", "-cipher", "ECDHE-PSK-AES128-CBC-SHA256"]),
    "tls11-dhe-rsa": (["-cert", "rsa.pem", "-key", "rsa.key", "-tls1_1"] + OLD, ["-tls1_1", "-cipher", "DHE-RSA-AES256-SHA:@SECLEVEL=0"]),
    "tls10-ecdhe-rsa-certificate-request": (["-cert", "rsa.pem", "-key", "rsa.key", "-tls1", "-verify", "1", "-CAfile", "ca.pem"] + OLD,
                                            ["-tls1", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"]),
    "no-common-suite": (["-cert", "rsa.pem", "-key", "rsa.key", "-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"],
                        ["-tls1_2", "-cipher", "DHE-RSA-AES128-SHA"]),
    "version-refused": (["-cert", "rsa.pem", "-key", "rsa.key", "-tls1_3"], ["-tls1_2"]),
}


def run(*arguments, **more):
    return subprocess.run(["openssl", *arguments], capture_output=True, check=True, **more)


def identities(folder):
    for kind, new in (("ca", ["-newkey", "rsa:2048"]), ("rsa", ["-newkey", "rsa:2048"])):
        run("req", "-x509", *new, "-nodes", "-keyout", f"{kind}.key", "-out", f"{kind}.pem",
            "-subj", f"/CN={kind} of the test", "-days", "30", cwd=folder)
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ec.key",
        "-out", "ec.csr", "-subj", "/CN=mail.example", cwd=folder)
    run("x509", "-req", "-in", "ec.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "ec.pem", "-days", "30", cwd=folder)
    (folder / "index.txt").write_text("")
    run("ocsp", "-issuer", "ca.pem", "-cert", "ec.pem", "-reqout", "ocsp.req", cwd=folder)
    run("ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key",
        "-reqin", "ocsp.req", "-respout", "ocsp.der", cwd=folder)


def talk(folder, server, clients):
    """One server, the clients one after the other; gives what the last one showed."""
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{PORT}", "-naccept", str(len(clients)), "-quiet", *server]
    listening = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    for client in clients:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{PORT}", "-msg", *client]
        speaking = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(0.7)
        heard = speaking.communicate(b"Q\n", timeout=10)[0].decode("latin-1")
    listening.kill()
    listening.wait()
    return heard


def transcript(heard):
    """One line per message: side, protection, content type, bytes. What the server changes shows in its records only."""
    types = {"Handshake": "handshake", "ChangeCipherSpec": "change_cipher_spec", "Alert": "alert"}
    keys = {"C": "plain", "S": "plain"}
    version = None
    for head, body in re.findall(r"^([<>]{3} [^\n]*)\n((?:    [0-9a-f ]+\n)+)", heard, re.M):
        kind = re.search(r", (\w+) \[length", head)[1]
        side = "C" if head.startswith(">>>") else "S"
        data = bytes.fromhex("".join(body.split()))
        if kind == "RecordHeader" and side == "S" and data[0] == 20:
            kind, data = "ChangeCipherSpec", b"\x01"
        if kind not in types:
            continue
        shown = "plain" if kind == "ChangeCipherSpec" else keys[side]
        yield f"{side} {shown} {types[kind]} {data.hex()}"
        if kind == "Handshake" and data[0] == 2 and data[6:10].hex() != "cf21ad74":
            version = 13 if bytes.fromhex("002b00020304") in data else 12
            if version == 13:
                keys = {"C": "handshake", "S": "handshake"}
        if kind == "Handshake" and data[0] == 20 and version == 13:
            keys[side] = "application"
        if kind == "ChangeCipherSpec" and version == 12:
            keys[side] = "application"


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    version = run("version").stdout.decode().strip()
    identities(folder)
    for name, (server, client) in CASES.items():
        clients = [client]
        if "-sess_in" in client:
            clients.insert(0, ["-sess_out" if word == "-sess_in" else word for word in client])
        heard = talk(folder, server, clients)
        lines = list(transcript(heard))
        head = [f"# {version}", "# s_server " + " ".join(server), "# s_client " + " ".join(client)]
        (HERE / f"{name}.transcript").write_text("\n".join(head + lines) + "\n")
        print(name, len(lines), "messages")


main()
