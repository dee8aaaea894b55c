"""A TLS server made of the OpenSSL 1.0.2e that the Python package nassl carries for its own client.

It is the last line of OpenSSL with suites for export, static Diffie-Hellman, small primes and binary curves. The library is
linked into nassl's module without being exported, so its functions are found by the module's own table of symbols.

    openssl_1_0_2.py list
    openssl_1_0_2.py serve PORT [certificate=FILE key=FILE] [dh=FILE] [alpn=NAME] [no-ticket] [keep-keys] [ask]

`list` prints one line per suite: number and the first version that has it. `serve` echoes whatever comes and prints what it
knows of each connection.
"""

import ctypes
import glob
import importlib.util
import os
import socket
import struct
import sys

POINTER = ctypes.c_void_p
INT = ctypes.c_int
TEXT = ctypes.c_char_p


def symbols(path):
    """Name to address of every function in the table of symbols of an ELF file of 64 bits."""
    with open(path, "rb") as file:
        data = file.read()
    table_at, = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table_at + size * n) for n in range(count)]
    found = {}
    for section in sections:
        if section[1] == 2:  # SHT_SYMTAB
            names = sections[section[6]][4]
            for at in range(section[4], section[4] + section[5], 24):
                name, info, _, _, value, _ = struct.unpack_from("<IBBHQQ", data, at)
                if info & 15 == 2:
                    end = data.index(b"\0", names + name)
                    found[data[names + name : end].decode()] = value
    return found


folder = os.path.dirname(importlib.util.find_spec("nassl").origin)
path, = glob.glob(os.path.join(folder, "_nassl_legacy*.so"))
KNOWN = symbols(path)
LIBRARY = ctypes.CDLL(path)
START = ctypes.cast(LIBRARY.PyInit__nassl_legacy, POINTER).value - KNOWN["PyInit__nassl_legacy"]


def call(name, result, *arguments):
    """A function of the library: its address where an argument is itself a function."""
    kinds = []
    for argument in arguments:
        if isinstance(argument, bytes):
            kinds.append(TEXT)
        elif isinstance(argument, (INT, ctypes.c_uint)):
            kinds.append(type(argument))
        else:
            kinds.append(POINTER)
    return ctypes.CFUNCTYPE(result, *kinds)(START + KNOWN[name])(*arguments)


def number(value):
    return INT(value)


def control(name, handle, command, value=0, pointer=None):
    function = ctypes.CFUNCTYPE(ctypes.c_long, POINTER, INT, ctypes.c_long, POINTER)
    return function(START + KNOWN[name])(handle, command, value, pointer)


OP_NO_TICKET = 0x00004000
CTRL_SET_TMP_DH = 3
CTRL_OPTIONS = 32
CTRL_SET_CURVES_LIST = 92
CTRL_SET_ECDH_AUTO = 94
CURVES = (
    b"prime256v1:secp384r1:secp521r1:secp224r1:prime192v1:secp160k1:secp160r1:secp160r2:secp192k1:secp224k1:secp256k1:"
    b"brainpoolP256r1:brainpoolP384r1:brainpoolP512r1:sect163k1:sect163r1:sect163r2:sect193r1:sect193r2:sect233k1:"
    b"sect233r1:sect239k1:sect283k1:sect283r1:sect409k1:sect409r1:sect571k1:sect571r1"
)
SINGLE_USE = 0x00100000 | 0x00080000


def context():
    call("SSL_library_init", INT)
    call("SSL_load_error_strings", None)
    made = call("SSL_CTX_new", POINTER, call("SSLv23_server_method", POINTER))
    assert call("SSL_CTX_set_cipher_list", INT, made, b"ALL:COMPLEMENTOFALL")
    return made


def list_suites():
    ssl = call("SSL_new", POINTER, context())
    stack = call("SSL_get_ciphers", POINTER, ssl)
    for at in range(call("sk_num", INT, stack)):
        cipher = call("sk_value", POINTER, stack, number(at))
        code = call("SSL_CIPHER_get_id", ctypes.c_ulong, cipher)
        if code >> 24 == 3:
            words = call("SSL_CIPHER_description", TEXT, cipher, None, number(0)).decode()
            print("%04x %s" % (code & 0xFFFF, words.split()[1]))
        elif code >> 24 == 2:
            print("%06x SSLv2" % (code & 0xFFFFFF))


def read_pem(reader, path):
    file = call("BIO_new_file", POINTER, path.encode(), b"r")
    assert file, path
    read = call(reader, POINTER, file, None, None, None)
    call("BIO_free", INT, file)
    return read


# The library asks for the key of a suite for export when it needs one.
TemporaryKey = ctypes.CFUNCTYPE(POINTER, POINTER, INT, INT)
TEMPORARY_KEYS = {}


@TemporaryKey
def temporary_rsa(_ssl, _export, bits):
    if bits not in TEMPORARY_KEYS:
        exponent, key = call("BN_new", POINTER), call("RSA_new", POINTER)
        call("BN_set_word", INT, exponent, ctypes.c_void_p(65537))
        assert call("RSA_generate_key_ex", INT, key, number(bits), exponent, None)
        TEMPORARY_KEYS[bits] = key
    return TEMPORARY_KEYS[bits]


# SSL, identity, place for the key, room there.
PreShared = ctypes.CFUNCTYPE(ctypes.c_uint, POINTER, POINTER, POINTER, ctypes.c_uint)


@PreShared
def pre_shared_key(_ssl, _identity, key, _room):
    ctypes.memset(key, 7, 16)
    return 16


SelectProtocol = ctypes.CFUNCTYPE(INT, POINTER, POINTER, POINTER, POINTER, ctypes.c_uint, POINTER)
WISHED = {}


@SelectProtocol
def select_protocol(_ssl, out, out_length, offered, length, _argument):
    names = ctypes.string_at(offered, length)
    at = names.find(WISHED["alpn"])
    if at < 0:
        return 3
    ctypes.cast(out, ctypes.POINTER(POINTER))[0] = offered + at
    ctypes.cast(out_length, ctypes.POINTER(ctypes.c_ubyte))[0] = len(WISHED["alpn"])
    return 0


# Asks and takes whatever comes.
Verify = ctypes.CFUNCTYPE(INT, INT, POINTER)


@Verify
def verify(_good, _store):
    return 1


def configure(options):
    made = context()
    # Without this option a server of that time keeps its keys for as long as it runs.
    wished = 0 if "keep-keys" in options else SINGLE_USE
    control("SSL_CTX_ctrl", made, CTRL_OPTIONS, wished | (OP_NO_TICKET if "no-ticket" in options else 0))
    if "certificate" in options:
        kind = number(1)
        for name, option in [("certificate", "certificate"), ("PrivateKey", "key")]:
            loaded = call("SSL_CTX_use_%s_file" % name, INT, made, options[option].encode(), kind)
            if not loaded:
                raise SystemExit("REFUSED: " + reason())
    if "dh" in options:
        field = read_pem("PEM_read_bio_DHparams", options["dh"])
        assert control("SSL_CTX_ctrl", made, CTRL_SET_TMP_DH, 0, field)
    control("SSL_CTX_ctrl", made, CTRL_SET_ECDH_AUTO, 1)
    assert control("SSL_CTX_ctrl", made, CTRL_SET_CURVES_LIST, 0, ctypes.cast(TEXT(CURVES), POINTER))
    call("SSL_CTX_set_tmp_rsa_callback", None, made, ctypes.cast(temporary_rsa, POINTER))
    call("SSL_CTX_set_psk_server_callback", None, made, ctypes.cast(pre_shared_key, POINTER))
    if "alpn" in options:
        WISHED["alpn"] = options["alpn"].encode()
        call("SSL_CTX_set_alpn_select_cb", None, made, ctypes.cast(select_protocol, POINTER), None)
    if "ask" in options:
        call("SSL_CTX_set_verify", None, made, number(1), ctypes.cast(verify, POINTER))
    call("SSL_CTX_set_session_id_context", INT, made, b"matrix", ctypes.c_uint(6))
    return made


def reason():
    code = call("ERR_get_error", ctypes.c_ulong)
    words = call("ERR_reason_error_string", TEXT, ctypes.c_void_p(code))
    return words.decode() if words else "no reason"


def converse(ssl):
    if call("SSL_accept", INT, ssl) != 1:
        print("FAILED:", reason(), flush=True)
        return
    cipher = call("SSL_get_current_cipher", POINTER, ssl)
    code = call("SSL_CIPHER_get_id", ctypes.c_ulong, cipher) & 0xFFFF
    protocol = call("SSL_version", INT, ssl)
    name, length = POINTER(), ctypes.c_uint()
    pointers = [ctypes.cast(ctypes.byref(part), POINTER) for part in (name, length)]
    call("SSL_get0_alpn_selected", None, ssl, *pointers)
    alpn = ctypes.string_at(name, length.value).decode() if length.value else ""
    print("version=%04x suite=%04x alpn=%s." % (protocol, code, alpn), flush=True)
    buffer = ctypes.create_string_buffer(65536)
    place = ctypes.cast(buffer, POINTER)
    while True:
        count = call("SSL_read", INT, ssl, place, number(len(buffer)))
        if count <= 0 or call("SSL_write", INT, ssl, place, number(count)) <= 0:
            break
    call("SSL_shutdown", INT, ssl)


def serve(port, options):
    made = configure(options)
    listener = socket.create_server(("127.0.0.1", port))
    print("LISTENING", flush=True)
    while True:
        stream, _ = listener.accept()
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ssl = call("SSL_new", POINTER, made)
        call("SSL_set_fd", INT, ssl, number(stream.fileno()))
        call("ERR_clear_error", None)
        converse(ssl)
        call("SSL_free", None, ssl)
        stream.close()


if sys.argv[1] == "list":
    list_suites()
else:
    words = [word.partition("=") for word in sys.argv[3:]]
    serve(int(sys.argv[2]), {name: value for name, _, value in words})
