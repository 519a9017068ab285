"""The random servers of blackbox.py: what they do is chosen first, and played for each client.

A server is a list of steps. Each step is a tuple of a name and plain values, so that it can be
printed, and the same seed gives the same bytes.
"""

import base64
import gzip
import hashlib
import random
import re
import signal
import socket
import ssl
import struct
import threading
import time
import zlib

MIB = 1 << 20
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

# What a terminal must not be sent. 666 and WSNET mark it as ours: wsline writes neither.
HOSTILE = [
    b"\x1b[666;1H", b"\x1b[31;666m", b"\x1b[666A\r\x1b[2K", b"\x1b[?1049h\x1b[666m", b"\x1bc",
    b"\x1b]52;c;V1NORVQ=\x07", b"\x1b]0;WSNET\x1b\\", b"\x1bPWSNET\x1b\\", b"\x1b_WSNET\x1b\\",
    b"\x1b", b"\x00", b"\x07", b"\x08\x08", b"\x7f", b"\r", b"\n", b"\r\n", b"\t", b"\x0b\x0c",
    b"\x0e\x0f", "\u009b666m\u009d0;WSNET\u009c".encode(), "\u0085\u2028\u2029".encode(),
    "\u202eWSNET\u202c\u2066\u2069".encode(), "\u200b\u200e\ufeff".encode(),
    ("e" + "\u0301" * 40).encode(), "\U0001f469\u200d\U0001f4bb".encode(), "\u4e16\u754c".encode(),
    "\ue000\uffff\U000e0041".encode(), b"> ", b"< ", b"* ", b"hint: ", b"wsline: ",
]
# The same, and what is not UTF-8, with which a text message would end.
BYTES = [*HOSTILE, b"\x85", b"\x9b666m", b"\x9d0;WSNET\x9c", b"\xff", b"\xed\xa0\x80"]
KINDS = ["plain", "hostile", "hostile", "bytes", "json", "deep", "numbers", "string", "members", "zeros", "random"]


def payload(kind, size, rng):
    """About `size` bytes of this kind; exactly as many for those that are not JSON."""
    if kind == "plain":
        return (b"hello " * (size // 6 + 1))[:size]
    if kind in ("hostile", "bytes"):
        parts = []
        while sum(map(len, parts)) < min(size, 4096):
            parts.append(rng.choice(HOSTILE if kind == "hostile" else BYTES) + rng.choice([b"", b"a", b"word"]))
        block = b"".join(parts)
        # A whole number of blocks, so that the end is valid UTF-8 where all of it is.
        return block * max(1, size // max(1, len(block))) if size else b""
    if kind == "json":
        return b'{"id":%d,"op":"pong","text":"%s"}' % (rng.randrange(9), b"x" * max(0, size - 30))
    if kind == "deep":
        return b"[" * (size // 2) + b"]" * (size // 2)
    if kind == "numbers":
        return b"[" + b"0," * (size // 2) + b"0]"
    if kind == "string":
        return b'"' + b"\\u001b\\n" * (size // 8) + b'"'
    if kind == "members":
        return b'{"a":[' + b"{}," * (size // 3) + b'{}],"id":1,"id":2,"n":1e999}'
    if kind == "zeros":
        return b"0" * size
    return rng.randbytes(size)


def frame(opcode, data, fin=1, rsv=0, length=None, mask=False):
    """A frame; `length` is what its header claims, if that is not the truth."""
    length = len(data) if length is None else length
    bit = 0x80 if mask else 0
    head = bytes([fin << 7 | rsv << 4 | opcode])
    if length < 126:
        head += bytes([bit | length])
    elif length < 1 << 16:
        head += bytes([bit | 126]) + struct.pack(">H", length)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", length)
    return head + (bytes(4) if mask else b"") + data


def deflated(blocks):
    """The payload of a compressed message (RFC 7692 §7.2.1)."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, -15)
    data = b"".join([compressor.compress(block) for block in blocks])
    return (data + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


# What is chosen.

def size(rng):
    return rng.choice([0, 1, 10, 125, 126, 1000, 65535, 65536, rng.randrange(300_000), MIB])


def message(rng):
    how = rng.choice(["whole", "whole", "fragments", "deflated", "deflated fragments"])
    return ("message", rng.choice([TEXT, TEXT, BINARY]), rng.choice(KINDS), size(rng), how)


def large(rng):
    return ("message", rng.choice([TEXT, BINARY]), rng.choice(KINDS),
            rng.choice([5, 20, 60, 63, 70]) * MIB, rng.choice(["whole", "fragments"]))


def bomb(rng):
    return ("bomb", rng.choice([TEXT, TEXT, BINARY]),
            rng.choice(["plain", "deep", "numbers", "string", "members", "zeros"]),
            rng.choice([1, 20, 60, 63, 63, 63, 70, 300]))


def flood(rng):
    return ("flood", rng.choice([TEXT, TEXT, BINARY, PING, PONG]), rng.choice(KINDS),
            rng.choice([0, 0, 1, 10, 100, 1000, 50_000]), rng.choice([0.2, 1, 5]))


def broken(rng):
    return ("broken", rng.choice([
        "reserved opcode", "reserved bit", "masked", "long control", "fragmented control",
        "continuation of nothing", "message in message", "huge length", "negative length",
        "length not minimal", "invalid UTF-8", "unfinished fragments", "empty fragments",
        "damaged deflate",
    ]))


def close(rng):
    code = rng.choice([None, 1000, 1000, 1001, 1002, 1008, 1011, 1013, 3000, 4000, 4999,
                       0, 999, 1005, 1006, 1015, 2999, 5000, 65535])
    return ("close", code, rng.choice(["", "bye", "hostile", "long", "invalid UTF-8", "cut"]))


def pause(rng):
    return ("pause", rng.choice([0.01, 0.1, 0.5]))


def echo(rng):
    return ("echo", rng.choice([0.3, 1, 5]))


def end(rng):
    return (rng.choice(["end", "end", "reset", "half", "stall", "drain"]),)


def opening(rng):
    """The first steps, up to what answers the upgrade."""
    deflate = rng.choice([None, None, "", "", "; server_no_context_takeover",
                          "; client_no_context_takeover", "; server_max_window_bits=9",
                          "; client_max_window_bits=9", "; server_max_window_bits=7; x=1"])
    valid = ("accept", deflate)
    wrong = rng.choice([
        ("accept wrongly", rng.choice(["key", "no upgrade", "no connection", "subprotocol",
                                       "extension", "twice", "HTTP/1.0", "hostile", "line feeds"])),
        ("refuse", rng.choice([200, 301, 302, 307, 400, 401, 403, 404, 407, 426, 429, 500, 503, 999]),
         rng.choice(["none", "length", "chunked", "to the end", "endless", "bomb", "short",
                     "hostile"])),
        ("informational", rng.choice([1, 10, 100_000])),
        ("headers", rng.choice([1, 100, 100_000]), rng.choice([1, 1000, 200_000])),
        ("bytes", rng.choice([1, 100, 100_000])),
        ("mutated", rng.randrange(1, 8)),
        ("drip", rng.choice([0.001, 0.02, 0.3])),
        ("silence",),
        ("end",),
        ("reset",),
    ])
    return valid if rng.random() < 0.7 else wrong


def choose(rng):
    """The steps of a random server."""
    steps = [opening(rng)]
    if steps[0][0] != "accept" and rng.random() < 0.8:
        return steps + [end(rng)]
    makers = [message, message, message, flood, broken, close, pause, echo, bomb, large]
    weights = [3, 3, 3, 3, 1, 1, 2, 2, 1.5, 1]
    for maker in rng.choices(makers, weights, k=rng.randrange(7)):
        steps.append(maker(rng))
    if rng.random() < 0.5:
        steps.append(close(rng))
    return steps + [end(rng)]


# What is played.

class Client:
    """One connection, and the steps that are played to it."""

    def __init__(self, stream, rng):
        self.stream = stream
        self.rng = rng
        self.unread = b""

    def play(self, steps):
        for name, *values in steps:
            getattr(self, name.replace(" ", "_"))(*values)

    def send(self, data):
        self.stream.sendall(data)

    def read_head(self):
        """The request's head; a request to a proxy is answered before it."""
        while b"\r\n\r\n" not in self.unread:
            data = self.stream.recv(65536)
            if not data:
                raise OSError("the client is gone")
            self.unread += data
            if self.unread[0] == 5:
                self.socks()
        head, self.unread = self.unread.split(b"\r\n\r\n", 1)
        if head.startswith(b"CONNECT "):
            self.send(b"HTTP/1.1 200 OK\r\n\r\n")
            return self.read_head()
        return head

    def socks(self):
        """A tunnel by SOCKS 5 (RFC 1928), whatever is asked for."""
        self.unread = b""
        self.send(b"\x05\x00")
        self.stream.recv(65536)
        self.send(b"\x05\x00\x00\x01" + bytes(6))

    def acceptance(self, deflate=None):
        found = re.search(rb"(?i)sec-websocket-key:\s*(\S+)", self.read_head())
        key = found.group(1) if found else b""
        lines = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade",
                 b"Sec-WebSocket-Accept: " + base64.b64encode(hashlib.sha1(key + GUID).digest())]
        if deflate is not None:
            lines.append(b"Sec-WebSocket-Extensions: permessage-deflate" + deflate.encode())
        return lines

    def accept(self, deflate):
        self.send(b"\r\n".join(self.acceptance(deflate)) + b"\r\n\r\n")

    def accept_wrongly(self, how):
        lines = self.acceptance()
        if how == "key":
            lines[3] = b"Sec-WebSocket-Accept: x"
        elif how == "no upgrade":
            del lines[1]
        elif how == "no connection":
            del lines[2]
        elif how == "HTTP/1.0":
            lines[0] = b"HTTP/1.0 101 " + payload("bytes", 100, self.rng).replace(b"\n", b"")
        else:
            lines.append({
                "subprotocol": b"Sec-WebSocket-Protocol: \x1b[666m",
                "extension": b"Sec-WebSocket-Extensions: x-WSNET; a=\"\x1b[666m",
                "twice": lines[3],
                "hostile": b"X-Hostile: " + payload("bytes", 1000, self.rng),
                "line feeds": b"X: y\n\nZ: \x1b[666m",
            }[how])
        self.send(b"\r\n".join(lines) + b"\r\n\r\n")

    def refuse(self, status, body):
        self.read_head()
        host, port = self.stream.getsockname()[:2]
        head = b"HTTP/1.1 %d " % status + self.rng.choice([b"No", b"", b"\x1b[666m\xff", b"x" * 5000])
        head += b"\r\nLocation: " + self.rng.choice(
            [b"/", b"http://%s:%d/x" % (host.encode(), port), b"http://\x1b[666m/", b"ftp://x", b""])
        head += b"\r\nWWW-Authenticate: " + self.rng.choice([b"Basic", b"Digest \x1b[666m", b"x"])
        text = payload(self.rng.choice(["plain", "bytes", "json"]), 5000, self.rng)
        if body == "bomb":
            text = gzip.compress(bytes(100 * MIB), 1)
            head += b"\r\nContent-Encoding: gzip"
        if body == "chunked":
            text = b"".join(b"%x\r\n%s\r\n" % (len(text), text) for _ in range(3)) + b"0\r\n\r\n"
            head += b"\r\nTransfer-Encoding: chunked"
        elif body in ("length", "bomb", "short"):
            head += b"\r\nContent-Length: %d" % (len(text) + (9 if body == "short" else 0))
        elif body == "none":
            text = b""
            head += b"\r\nContent-Length: 0"
        self.send(head + b"\r\n\r\n" + text)
        while body == "endless":
            self.send(text)

    def informational(self, count):
        self.read_head()
        for _ in range(count):
            self.send(b"HTTP/1.1 103 Early Hints\r\nLink: \x1b[666m\r\n\r\n")

    def headers(self, count, length):
        self.read_head()
        self.send(b"HTTP/1.1 101 Switching Protocols\r\n")
        for number in range(count):
            self.send(b"X-%d: %s\r\n" % (number, b"x" * length))
        self.send(b"\r\n")

    def bytes(self, count):
        self.send(self.rng.randbytes(count))

    def mutated(self, count):
        data = bytearray(b"\r\n".join(self.acceptance("")) + b"\r\n\r\n")
        for _ in range(count):
            data[self.rng.randrange(len(data))] = self.rng.choice(b"\x00\x1b\r\n :;,a\xff\x80")
        self.send(bytes(data))

    def drip(self, delay):
        data = b"\r\n".join(self.acceptance()) + b"\r\n\r\n"
        data += frame(TEXT, b"drip" * 9) + frame(CLOSE, b"\x03\xe8")
        for byte in data:
            self.send(bytes([byte]))
            time.sleep(delay)

    def message(self, opcode, kind, length, how):
        data = payload(kind, length, self.rng)
        rsv = 4 if how.startswith("deflated") else 0
        if rsv:
            data = deflated([data])
        if how.endswith("fragments"):
            cut = max(1, len(data) // self.rng.randrange(1, 5))
            parts = [data[at:at + cut] for at in range(0, len(data), cut)] or [b""]
            for at, part in enumerate(parts):
                first, last = at == 0, at == len(parts) - 1
                self.send(frame(opcode if first else 0, part, int(last), rsv if first else 0))
        else:
            self.send(frame(opcode, data, rsv=rsv))

    def bomb(self, opcode, kind, mebibytes):
        block = payload(kind, MIB, self.rng)
        if kind == "deep":
            half = MIB // 2
            blocks = [b"[" * half] * mebibytes + [b"]" * half] * mebibytes
        elif kind in ("numbers", "members"):
            inner = b"0," * (MIB // 2) if kind == "numbers" else b"{}," * (MIB // 3)
            blocks = [b"[", *[inner] * mebibytes, b"0]"]
        else:
            blocks = [block] * mebibytes
        self.send(frame(opcode, deflated(blocks), rsv=4))

    def flood(self, opcode, kind, length, seconds):
        length = min(length, 125) if opcode >= 8 else length
        data = payload(kind, length, self.rng)
        one = frame(opcode, data[:125] if opcode >= 8 else data)
        block = one * max(1, 200_000 // len(one))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.send(block)

    def broken(self, what):
        self.send({
            "reserved opcode": frame(3, b"a"),
            "reserved bit": frame(TEXT, b"a", rsv=2),
            "masked": frame(TEXT, b"a", mask=True),
            "long control": frame(PING, b"a" * 126),
            "fragmented control": frame(PING, b"a", fin=0),
            "continuation of nothing": frame(0, b"a"),
            "message in message": frame(TEXT, b"a", fin=0) + frame(TEXT, b"b"),
            "huge length": frame(BINARY, b"a" * 100, length=1 << 62),
            "negative length": frame(BINARY, b"a" * 100, length=1 << 63),
            "length not minimal": b"\x82\x7f" + bytes(7) + b"\x01a",
            "invalid UTF-8": frame(TEXT, b"\x1b[666m\xff\xed\xa0\x80"),
            "unfinished fragments": frame(TEXT, b"\x1b[666m\xe4\xb8", fin=0),
            "empty fragments": frame(TEXT, b"", fin=0) + frame(0, b"", fin=0) * 50_000,
            "damaged deflate": frame(TEXT, b"\x1b[666m\xff" * 100, rsv=4),
        }[what])

    def close(self, code, reason):
        if code is None:
            return self.send(frame(CLOSE, b"\x03" if reason == "cut" else b""))
        text = {"hostile": payload("hostile", 90, self.rng)[:123], "long": b"x" * 123,
                "invalid UTF-8": b"\x1b[666m\xff", "cut": b"\xe4\xb8"}.get(reason, reason.encode())
        return self.send(frame(CLOSE, struct.pack(">H", code) + text))

    def pause(self, seconds):
        time.sleep(seconds)

    def echo(self, seconds):
        """Sends small messages back; what can't be cut into frames is dropped."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.stream.settimeout(left)
            try:
                data = self.stream.recv(65536)
            except TimeoutError:
                break
            if not data:
                raise OSError("the client is gone")
            self.stream.settimeout(60)
            while len(data) >= 6 and data[1] & 127 < 126 and len(data) >= 6 + (data[1] & 127):
                length, mask = data[1] & 127, data[2:6]
                body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data[6:6 + length]))
                opcode = PONG if data[0] & 15 == PING else data[0] & 15
                self.send(frame(opcode, body, rsv=data[0] >> 4 & 7, fin=data[0] >> 7))
                data = data[6 + length:]
        self.stream.settimeout(60)

    def silence(self):
        time.sleep(60)

    stall = silence

    def drain(self):
        while self.stream.recv(MIB):
            pass

    def end(self):
        self.stream.close()
        raise OSError("the end")

    def half(self):
        if not isinstance(self.stream, ssl.SSLSocket):
            self.stream.shutdown(socket.SHUT_WR)
        self.drain()

    def reset(self):
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.end()


def play(stream, steps, seed, context):
    try:
        stream.settimeout(60)
        if context:
            stream = context.wrap_socket(stream, server_side=True)
        Client(stream, random.Random(seed)).play(steps)
    except OSError:
        pass  # the client is gone, as it may be at any time
    finally:
        stream.close()


def serve(listener, steps, seed, seconds, context):
    """Plays `steps` to each client, in a process that ends after `seconds` at the latest."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(max(1, int(seconds)))
    while True:
        stream, _ = listener.accept()
        arguments = (stream, steps, seed, context)
        threading.Thread(target=play, args=arguments, daemon=True).start()
