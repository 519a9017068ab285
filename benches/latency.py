#!/usr/bin/env python3
"""Compares the latency that wsline ping and wsline bench report with that of a client of its own.

    benches/latency.py [PATH OF WSLINE]

A server answers each Ping and each message after 20 ms, one at a time. This client measures with
sockets and a clock of its own, so that nothing is shared. It exits with 1 if a median differs by more
than 10 percent.
"""

import base64
import hashlib
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time

DELAY = 0.02
COUNT = 100
LIMIT = 0.1


def read_exactly(stream, count):
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def read_frame(stream):
    """The first byte and the payload of a frame, unmasked."""
    first, second = read_exactly(stream, 2)
    length = second & 0x7F
    if length == 126:
        length = int.from_bytes(read_exactly(stream, 2), "big")
    mask = read_exactly(stream, 4) if second & 0x80 else bytes(4)
    payload = read_exactly(stream, length)
    return first, bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def serve(connection):
    stream = connection.makefile("rb")
    key = ""
    while (line := stream.readline().strip()):
        name, _, value = line.partition(b":")
        if name.lower() == b"sec-websocket-key":
            key = value.strip()
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    try:
        while True:
            first, payload = read_frame(stream)
            if first != 0x88:
                time.sleep(DELAY)
            answer = 0x8A if first == 0x89 else first
            connection.sendall(bytes([answer, len(payload)]) + payload)
            if first == 0x88:
                return
    except (EOFError, OSError):
        pass


def measure(port):
    """The median of round trips, in milliseconds."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = connection.makefile("rb")
        connection.sendall(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        while stream.readline().strip():
            pass
        times = []
        for _ in range(COUNT):
            begun = time.perf_counter()
            connection.sendall(b"\x81\x85\x00\x00\x00\x00hello")
            read_frame(stream)
            times.append((time.perf_counter() - begun) * 1000)
        return statistics.median(times)


def reported(wsline, arguments):
    """The median in the last JSON line of a command, in milliseconds."""
    done = subprocess.run([wsline, *arguments, "--json"], capture_output=True, text=True, timeout=60)
    last = json.loads(done.stdout.splitlines()[-1])
    found = last.get("latency") or last.get("round_trip") or last
    return found["p50"]


def main():
    wsline = sys.argv[1] if len(sys.argv) > 1 else "target/release/wsline"
    if not os.path.exists(wsline):
        sys.exit(f"{wsline} does not exist: run cargo build --release, or name another program")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def accept():
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    url = f"ws://127.0.0.1:{port}/"
    own = measure(port)
    print(f"this client   p50 {own:.3f} ms")
    failed = False
    for name, arguments in [
        ("wsline ping", ["ping", url, "-c", str(COUNT), "-i", "0.03"]),
        ("wsline bench", ["bench", url, "--duration", "2s"]),
    ]:
        value = reported(wsline, arguments)
        difference = value / own - 1
        failed |= abs(difference) > LIMIT
        print(f"{name:13} p50 {value:.3f} ms, {difference:+.1%}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
