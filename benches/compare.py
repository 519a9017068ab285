#!/usr/bin/env python3
"""Runs wsline beside other WebSocket clients that are installed, and prints a table.

    cargo build --release && benches/compare.py

Everything is on loopback. The server is a separate process, written by hand so that it measures none of
the clients' libraries. It knows in advance how many bytes it will receive or send, so it does next to
nothing for each message. The time is that from the upgrade to the last byte at its destination (`start`
and `trips` define their own). The runs are interleaved; the table has the medians. Requires only Python
3.9.
"""

import argparse
import base64
import hashlib
import multiprocessing
import os
import platform
import shlex
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
OURS = HERE.parent / "target" / "release" / "wsline"
LIMIT = 20  # seconds for each step of a run, unless --limit says otherwise

# How each tool is run (wsline is that of --program), so that each line of stdin is a text message and the
# connection stays open as long as stdin. A tool whose program is not installed is skipped.
TOOLS = {
    "wsline": ("wsline -w 0 URL", "--version"),
    "websocat": ("websocat -t URL", "--version"),
    "wscat": ("wscat -c URL", "--version"),
    "websockets": (f"{shlex.quote(sys.executable)} -m websockets URL", "--version"),
}

UP, DOWN, TRIPS, START = "up", "down", "trips", "start"
SCENARIOS = {
    "up32": (UP, 1_000_000, 32, "1,000,000 lines of 32 B sent"),
    "up1k": (UP, 200_000, 1024, "200,000 lines of 1 KiB sent"),
    "down32": (DOWN, 1_000_000, 32, "1,000,000 messages of 32 B received"),
    "down1k": (DOWN, 200_000, 1024, "200,000 messages of 1 KiB received"),
    "trips": (TRIPS, 5_000, 32, "one of 5,000 round trips, line in to line out"),
    "start": (START, 1, 32, "connect, a line out, one in, close, exit"),
}


def header(length, masked):
    """The header of a text message (RFC 6455 section 5.2), without its mask."""
    bit = 0x80 if masked else 0
    if length < 126:
        return bytes([0x81, bit | length])
    return bytes([0x81, bit | 126]) + length.to_bytes(2, "big")


def line(number, size):
    """A line of `size` bytes, without its end."""
    text = f"message {number} "
    return (text + "abcdefghijklmnopqrstuvwxyz" * (size // 26 + 1))[:size].encode()


# The server.


def upgrade(client):
    """Answers the opening handshake (RFC 6455 section 4.2.2)."""
    head = b""
    while b"\r\n\r\n" not in head:
        more = client.recv(65536)
        if not more:
            raise ConnectionError("the client left before the upgrade")
        head += more
    head, early = head.split(b"\r\n\r\n", 1)
    if early:
        raise ConnectionError("the client sent a frame before it was answered")
    fields = dict(
        (name.strip().lower(), value.strip())
        for name, _, value in (field.partition(b":") for field in head.split(b"\r\n")[1:])
    )
    key = fields[b"sec-websocket-key"] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key).digest())
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def unmask(payload, mask):
    key = int.from_bytes((mask * (len(payload) // 4 + 1))[: len(payload)], "big")
    return (int.from_bytes(payload, "big") ^ key).to_bytes(len(payload), "big")


def take(client, got):
    """Fills the bytearray `got`."""
    rest = memoryview(got)
    while rest:
        count = client.recv_into(rest)
        if not count:
            raise ConnectionError(f"the client left before {len(rest)} of {len(got)} bytes")
        rest = rest[count:]


def check(got, size, end):
    """Whether the first thousand messages are those expected."""
    head = header(size + len(end), True)
    begin, length = len(head) + 4, len(head) + 4 + size + len(end)
    for number in range(min(1000, len(got) // length)):
        frame = got[number * length : (number + 1) * length]
        mask, payload = frame[len(head) : begin], frame[begin:]
        if frame[: len(head)] != head or unmask(payload, mask) != line(number, size) + end:
            raise ValueError(f"message {number} is another one")


def serve_up(client, wire, _frames, count, size):
    wire.send(time.monotonic())
    head = bytearray(len(header(size, True)))
    take(client, head)
    # Some clients leave the line feed in the message.
    end = b"\n" if head == header(size + 1, True) else b""
    rest = bytearray(count * (len(head) + 4 + size + len(end)) - len(head))
    take(client, rest)
    wire.send(time.monotonic())
    check(head + rest, size, end)


def serve_down(client, wire, frames, _count, _size):
    wire.send(time.monotonic())
    client.sendall(frames)


def serve_echo(client, wire, _frames, count, size):
    wire.send(time.monotonic())
    head = bytearray(len(header(size, True)))
    for _ in range(count):
        take(client, head)
        # Some clients leave the line feed in the message.
        kept = int(head == header(size + 1, True))
        rest = bytearray(4 + size + kept)
        take(client, rest)
        client.sendall(header(size + kept, False) + unmask(rest[4:], rest[:4]))


def answer_close(client):
    """Closes, and reads until the client has disconnected."""
    client.sendall(b"\x88\x02\x03\xe8")
    while client.recv(65536):
        pass


def serve(listener, wire, scenario, frames):
    """One connection; reports go over `wire`, None at its end."""
    kinds = {UP: serve_up, DOWN: serve_down, TRIPS: serve_echo, START: serve_echo}
    kind, count, size, _ = SCENARIOS[scenario]
    listener.settimeout(LIMIT)
    try:
        client, _ = listener.accept()
        with client:
            client.settimeout(LIMIT)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            upgrade(client)
            kinds[kind](client, wire, frames, count, size)
            # Everything has arrived: how the client exits does not matter.
            wire.send(None)
            answer_close(client)
    except (OSError, ValueError, KeyError) as error:
        wire.send(str(error) or type(error).__name__)


# The runs.


class Failed(Exception):
    """A tool failed."""


def hear(wire):
    """The server's next report: a time, or None at its end."""
    if not wire.poll(LIMIT):
        raise Failed(f"nothing within {LIMIT} s")
    word = wire.recv()
    if isinstance(word, str):
        raise Failed(word)
    return word


def read_exactly(stream, count):
    got = 0
    while got < count:
        more = os.read(stream, 1 << 20)
        if not more:
            raise Failed(f"{got} of {count} bytes came out")
        got += len(more)


def run_up(tool, wire, lines):
    begun = hear(wire)
    with open(lines, "rb") as source:
        feeding = subprocess.Popen(["cat"], stdin=source, stdout=tool.stdin)
    done = hear(wire)
    feeding.wait(LIMIT)
    tool.stdin.close()
    return done - begun


def run_down(tool, wire, count, size):
    begun = hear(wire)
    read_exactly(tool.stdout.fileno(), count * (size + 1))
    return time.monotonic() - begun


def run_trips(tool, wire, count, size):
    hear(wire)
    times = []
    for number in range(count):
        text = line(number, size) + b"\n"
        begun = time.monotonic()
        os.write(tool.stdin.fileno(), text)
        read_exactly(tool.stdout.fileno(), len(text))
        times.append(time.monotonic() - begun)
    return statistics.median(times)


def run_start(tool, wire, size, begun):
    hear(wire)
    text = line(0, size) + b"\n"
    os.write(tool.stdin.fileno(), text)
    read_exactly(tool.stdout.fileno(), len(text))
    tool.stdin.close()
    tool.wait(LIMIT)
    return time.monotonic() - begun


def run(command, url, wire, scenario, lines):
    """One run of a tool; the seconds it took."""
    kind, count, size, _ = SCENARIOS[scenario]
    begun = time.monotonic()
    words = [url if word == "URL" else word for word in shlex.split(command)]
    tool = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
    )
    try:
        if kind == UP:
            taken = run_up(tool, wire, lines)
        elif kind == DOWN:
            taken = run_down(tool, wire, count, size)
        elif kind == TRIPS:
            taken = run_trips(tool, wire, count, size)
        else:
            taken = run_start(tool, wire, size, begun)
    finally:
        tool.kill()
        tool.wait()
        tool.stdout.close()
        tool.stdin.close()
    hear(wire)
    return taken


def in_words(seconds):
    if seconds is None:
        return "failed"
    if seconds < 0.0005:
        return f"{seconds * 1e6:.1f} µs"
    if seconds < 0.02:
        return f"{seconds * 1e3:.1f} ms"
    return f"{seconds:.3f} s"


def installed(chosen):
    """The tools that are installed, with their versions."""
    tools = {}
    for name, (command, asked) in chosen.items():
        words = shlex.split(command)
        if shutil.which(words[0]) is None:
            continue
        before = words[: words.index("URL")]
        before = before[:3] if "-m" in before else before[:1]
        try:
            said = subprocess.run([*before, asked], capture_output=True, text=True, timeout=LIMIT)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if said.returncode == 0:
            tools[name] = (command, said.stdout.strip().splitlines()[0])
    return tools


def machine():
    model = platform.processor() or platform.machine()
    try:
        for text in Path("/proc/cpuinfo").read_text().splitlines():
            if text.startswith("model name"):
                model = text.partition(":")[2].strip()
                break
    except OSError:
        pass
    return f"{os.cpu_count()} × {model}, {platform.system()} {platform.release()}"


def arguments():
    global LIMIT
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, default=OURS, help="the wsline to run")
    parser.add_argument("--runs", type=int, default=5, help="runs of each tool (5)")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS), help="comma-separated")
    parser.add_argument("--limit", type=int, default=LIMIT, help="seconds for each step of a run (20)")
    parser.add_argument(
        "--tool",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="add a client; URL is replaced by the URL of the server",
    )
    given = parser.parse_args()
    LIMIT = given.limit
    return given


def make_lines(scenarios, directory):
    """The files that are sent."""
    files = {}
    for scenario in scenarios:
        kind, count, size, _ = SCENARIOS[scenario]
        if kind == UP:
            files[scenario] = Path(directory) / scenario
            with open(files[scenario], "wb") as out:
                out.writelines(line(number, size) + b"\n" for number in range(count))
    return files


def make_frames(scenario):
    """What the server sends, prepared once for all runs."""
    kind, count, size, _ = SCENARIOS[scenario]
    if kind != DOWN:
        return b""
    head = header(size, False)
    return b"".join(head + line(number, size) for number in range(count))


def run_once(command, url, listener, scenario, lines, frames):
    """One run with its own server: after a failure the old one may still wait for a client."""
    wire, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("fork").Process(
        target=serve, args=(listener, theirs, scenario, frames), daemon=True
    )
    server.start()
    try:
        return run(command, url, wire, scenario, lines)
    finally:
        server.terminate()
        server.join()


def measure(tools, scenarios, runs, files):
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
    taken = {}
    for scenario in scenarios:
        times = {name: [] for name in tools}
        frames = make_frames(scenario)
        # The first turn warms the caches and does not count.
        for turn in range(runs + 1):
            names = list(tools)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                if times[name] is None:
                    continue
                command, lines = tools[name][0], files.get(scenario)
                try:
                    seconds = run_once(command, url, listener, scenario, lines, frames)
                    if turn > 0:
                        times[name].append(seconds)
                except (Failed, OSError, subprocess.TimeoutExpired) as error:
                    print(f"{name}, {scenario}: {error}", file=sys.stderr)
                    times[name] = None
        taken[scenario] = {
            name: statistics.median(each) if each else None for name, each in times.items()
        }
    return taken


def main():
    options = arguments()
    ours = shlex.quote(str(options.program))
    chosen = TOOLS | {"wsline": (f"{ours} -w 0 URL", "--version")}
    for tool in options.tool:
        name, _, command = tool.partition("=")
        if "URL" not in shlex.split(command):
            sys.exit(f"--tool {name}: the command has no URL in it")
        chosen[name] = (command, "--version")
    scenarios = options.scenarios.split(",")
    for scenario in scenarios:
        if scenario not in SCENARIOS:
            sys.exit(f"no scenario {scenario!r}; there are {', '.join(SCENARIOS)}")
    tools = installed(chosen)
    if "wsline" not in tools:
        sys.exit(f"{options.program} does not exist: cargo build --release")
    with tempfile.TemporaryDirectory() as directory:
        taken = measure(tools, scenarios, options.runs, make_lines(scenarios, directory))
    print(f"| | {' | '.join(tools)} |")
    print("| --- |" + " ---: |" * len(tools))
    for scenario in scenarios:
        cells = [in_words(taken[scenario][name]) for name in tools]
        print(f"| {SCENARIOS[scenario][3]} | {' | '.join(cells)} |")
    print(f"\nMedians of {options.runs}. {machine()}.")
    print("; ".join(f"{name}: {said}" for name, (_, said) in tools.items()) + ".")


if __name__ == "__main__":
    main()
