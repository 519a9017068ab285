"""What is tried with each peer, a cell of the table each."""

import json
import os
import random
import re
import subprocess
from dataclasses import dataclass
from typing import Callable, Optional

TEXT = "Grüße, ☃ and 𝄞"
BINARY = bytes([0, 255, 10, 13, 128, 254])
#: Compresses well, and better the second time if the context is kept.
JSON = json.dumps({"op": "subscribe", "channels": [f"ticker.{number}" for number in range(40)]})
NO_CONTEXT = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@dataclass
class Tried:
    """The result of an attempt."""

    passed: bool = False
    #: Why the cell does not apply.
    absent: Optional[str] = None
    why: str = ""
    #: What wsline printed to stderr, with each frame.
    printed: str = ""


class Wsline:
    """The program."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
        numbers = random.Random(7)
        for name, size in (("1M", 1 << 20), ("16M", 16 << 20)):
            (folder / name).write_bytes(numbers.randbytes(size))
            words = numbers.randbytes(size // 2).hex()
            (folder / (name + ".txt")).write_text(words)

    def run(self, *words, limit=60):
        """Runs it, and returns the exit code, stdout and stderr."""
        command = [self.program, *words, "--no-config"] if words[0] != "ping" else [self.program, *words]
        try:
            ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit,
                                 env=self.environment)
        except subprocess.TimeoutExpired as late:
            return 124, late.stdout or b"", (late.stderr or b"").decode(errors="replace")
        return ran.returncode, ran.stdout, ran.stderr.decode(errors="replace")

    def version(self):
        return self.run("-V")[1].decode().split()[1]


def exchange(wsline, url, options, words, expected):
    """Sends something, and compares what comes back."""
    code, out, err = wsline.run(url, *options, *words, "-vvv", "-m", "20")
    if code == 0 and out == expected:
        return Tried(passed=True, printed=err)
    got = f"exit code {code}, {len(out)} bytes instead of {len(expected)}"
    return Tried(why=got, printed=err)


def text(wsline, url, options):
    return exchange(wsline, url, options, ["-d", TEXT, "-1"], TEXT.encode() + b"\n")


def empty(wsline, url, options):
    return exchange(wsline, url, options, ["-d", "", "-1"], b"\n")


def binary(wsline, url, options):
    return exchange(wsline, url, options, ["--data-hex", BINARY.hex(), "-1"], BINARY)


def large(name):
    """Binary, or text if the peer has no binary messages."""

    def try_it(wsline, url, options):
        path = wsline.folder / name
        quiet = ["--max-message-size", "64M", "-1", "-q", "-m", "50"]
        code, out, err = wsline.run(url, *options, "--data-binary", f"@{path}", *quiet)
        if code == 0 and out == path.read_bytes():
            return Tried(passed=True)
        again = wsline.run(url, *options, "--data-binary", f"@{path}", *quiet[:-3], "-vv", "-m", "50")[2]
        return Tried(why=f"exit code {code}, {len(out)} bytes; {err}", printed=again)

    return try_it


def fragments(wsline, url, options):
    body = "fragmented " * 300
    words = ["-d", body, "--frame-size", "1000", "--compress", "off", "-1"]
    tried = exchange(wsline, url, options, words, body.encode() + b"\n")
    if tried.passed and "> CONTINUATION fin=1" not in tried.printed:
        return Tried(why="no fragments were sent", printed=tried.printed)
    return tried


def ping_ours(wsline, url, options):
    code, out, err = wsline.run("ping", url, *options, "-c", "1", "--connect-timeout", "10")
    if code == 0 and b"1 sent, 1 received" in out:
        return Tried(passed=True)
    shown = wsline.run(url, *options, "--ping-interval", "200ms", "--ping-timeout", "1s", "-vvv", "-m", "3")[2]
    return Tried(why=f"exit code {code}: {out.decode()} {err}", printed=shown)


def ping_theirs(wsline, url, options):
    words = ["-d", "!ping", "--expect-ping", "-d", "after", "--expect", "after", "-vvv"]
    code, _, err = wsline.run(url, *options, *words, "-m", "20")
    if code == 0 and "> PONG" in err:
        return Tried(passed=True, printed=err)
    return Tried(why=f"exit code {code}", printed=err)


def negotiated(err):
    found = re.search(r"^< sec-websocket-extensions: (.*)$", err, re.M | re.I)
    return found.group(1).strip() if found else None


def deflate(offer, kept):
    """Compression; `kept` says whether the context is kept from one message to the next."""

    def try_it(wsline, url, options):
        words = ["-d", JSON, "-d", JSON, "-n", "2", "--compress", "require"]
        if offer:
            words = ["-H", f"Sec-WebSocket-Extensions: {offer}", *words]
        expected = (JSON + "\n").encode() * 2
        tried = exchange(wsline, url, options, words, expected)
        extension = negotiated(tried.printed)
        if extension is None and "101" in tried.printed:
            return Tried(absent="no compression")
        if tried.passed and kept and "server_no_context_takeover" in extension:
            return Tried(absent="never keeps the context")
        if tried.passed and not kept and "server_no_context_takeover" not in extension:
            return Tried(why=f"it accepted {extension}", printed=tried.printed)
        return tried

    return try_it


def final(out):
    """The `close` object of --json."""
    objects = [json.loads(line) for line in out.decode().splitlines()]
    return next((one for one in objects if one["type"] == "close"), {})


def close_ours(wsline, url, options):
    words = ["--close", "--close-code", "4321", "--close-reason", "done"]
    code, out, err = wsline.run(url, *options, *words, "--json", "-vvv", "-m", "20")
    close = final(out)
    received = (close.get("received") or {}).get("code")
    # RFC 6455 §5.5.1: the answer typically repeats the code.
    if code == 0 and close.get("clean") and received in (4321, 1000, 1005):
        return Tried(passed=True)
    return Tried(why=f"exit code {code}, {close}", printed=err)


def close_theirs(wsline, url, options):
    words = ["-d", "!close", "--expect-close", "4001", "--json", "-vvv"]
    code, out, err = wsline.run(url, *options, *words, "-m", "20")
    close = final(out)
    if code == 0 and close.get("clean") and close["received"]["code"] == 4001:
        return Tried(passed=True)
    return Tried(why=f"exit code {code}, {close}", printed=err)


def subprotocol(wsline, url, options):
    code, out, err = wsline.run(url, *options, "-s", "other", "-s", "chat", "-d", "x", "-1", "--json", "-vvv", "-m", "20")
    opened = next((json.loads(line) for line in out.decode().splitlines() if '"open"' in line), {})
    if code == 0 and opened.get("subprotocol") == "chat":
        return Tried(passed=True)
    return Tried(why=f"exit code {code}, subprotocol {opened.get('subprotocol')}", printed=err)


def wss(wsline, url, options):
    tried = exchange(wsline, url, options, ["-d", "over TLS", "-1"], b"over TLS\n")
    if tried.passed and "secured by TLS" not in tried.printed:
        return Tried(why="without TLS", printed=tried.printed)
    return tried


@dataclass
class Kind:
    """A column."""

    name: str
    meaning: str
    try_it: Callable
    tls: bool = False


CELLS = [
    Kind("text", "a text message with characters of 1 to 4 bytes", text),
    Kind("empty", "an empty text message", empty),
    Kind("binary", "a binary message", binary),
    Kind("1 MiB", "a random binary message of 1 MiB", large("1M")),
    Kind("16 MiB", "one of 16 MiB", large("16M")),
    Kind("fragments", "a message in four fragments", fragments),
    Kind("Ping", "`wsline ping` gets its Pong", ping_ours),
    Kind("Pinged", "a Ping of the peer is answered, and the connection goes on", ping_theirs),
    Kind("deflate", "two messages with compression whose context is kept (RFC 7692)", deflate(None, True)),
    Kind("no context", "two messages with `server_no_context_takeover`", deflate(NO_CONTEXT, False)),
    Kind("Close", "our Close with 4321 is answered", close_ours),
    Kind("Closed", "the peer closes with 4001", close_theirs),
    Kind("subprotocol", "the second subprotocol on offer is selected", subprotocol),
    Kind("wss", "a text message over TLS, with the certificate verified", wss, tls=True),
]
