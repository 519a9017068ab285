#!/usr/bin/env python3
"""Measures the prompt of wsline under a burst of messages.

    benches/prompt.py [PATH OF WSLINE [MESSAGES]]

A server sends 100,000 messages of 100 B as fast as they are read, to wsline in a pseudo-terminal of
80 columns and 24 rows. Keys are pressed meanwhile. It prints how long it took until the last message
was printed, with and without a filter that hides all others, and how long until a key was.
"""

import base64
import fcntl
import hashlib
import os
import pty
import select
import signal
import socket
import struct
import sys
import termios
import threading
import time

COUNT = 100_000
SIZE = 100
# Letters that neither a message nor an escape sequence of the editor contains.
KEYS = b"bcdefgijknopqrstuvwxyz"
KEY_INTERVAL = 0.02
LAST = b"the last one"


def frame(payload):
    length = len(payload)
    return (bytes([0x81, length]) if length < 126 else struct.pack(">BBH", 0x81, 126, length)) + payload


class Server:
    """Sends the burst whenever a message has come."""

    def __init__(self, count):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        messages = (f"{number:06} ".encode() + b"." * (SIZE - 7) for number in range(count))
        self.burst = b"".join(map(frame, messages)) + frame(LAST)
        self.begun = None
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        stream = connection.makefile("rb")
        key = b""
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"sec-websocket-key":
                key = value.strip()
        accept = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(accept) + b"\r\n\r\n"
        )
        try:
            while (head := stream.read(2)) and head[0] == 0x81:
                stream.read(4 + (head[1] & 0x7F))
                self.begun = time.perf_counter()
                connection.sendall(self.burst)
        except OSError:
            pass


class Prompt:
    """wsline in a pseudo-terminal."""

    def __init__(self, wsline, port):
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            environment = {"TERM": "xterm-256color", "HOME": "/nonexistent", "LANG": "C.UTF-8"}
            os.execve(wsline, [wsline, f"ws://127.0.0.1:{port}/"], environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.wait_for(b"/help")

    def type(self, text):
        os.write(self.terminal, text)

    def read(self, timeout):
        if not select.select([self.terminal], [], [], timeout)[0]:
            return b""
        return os.read(self.terminal, 65536)

    def wait_for(self, text):
        seen = b""
        end = time.perf_counter() + 30
        while text not in seen:
            if time.perf_counter() > end:
                sys.exit(f"{text.decode()!r} was not printed")
            seen = seen[-len(text):] + self.read(1)

    def measure(self, server, keys):
        """Until the last message is printed, and the times of the keys, in seconds."""
        server.begun = None
        self.type(b"/send .\r")
        while server.begun is None:
            self.read(0.01)
        seen, times, waiting, keys = b"", [], None, list(keys)
        following = server.begun
        while True:
            now = time.perf_counter()
            if now - server.begun > 60:
                sys.exit("the burst was not printed within 60 s")
            if waiting is None and keys and now >= following:
                waiting = (bytes([keys.pop(0)]), now)
                self.type(waiting[0])
            new = self.read(0.005)
            now = time.perf_counter()
            if waiting and waiting[0] in new.replace(LAST, b""):
                times.append(now - waiting[1])
                waiting, following = None, now + KEY_INTERVAL
            seen = seen[-len(LAST):] + new
            if LAST in seen:
                return now - server.begun, times

    def end(self):
        os.kill(self.child, signal.SIGTERM)
        end = time.perf_counter() + 10
        while os.waitpid(self.child, os.WNOHANG) == (0, 0) and time.perf_counter() < end:
            try:
                self.read(0.01)
            except OSError:
                pass
        os.close(self.terminal)


def main():
    wsline = sys.argv[1] if len(sys.argv) > 1 else "target/release/wsline"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    if not os.path.exists(wsline):
        sys.exit(f"{wsline} does not exist: run cargo build --release, or name another program")
    wsline = os.path.abspath(wsline)
    server = Server(count)
    prompt = Prompt(wsline, server.port)
    shown, keys = prompt.measure(server, KEYS)
    prompt.end()
    prompt = Prompt(wsline, server.port)
    prompt.type(b"/filter last\r")
    prompt.wait_for(b"/unfilter")
    filtered, _ = prompt.measure(server, b"")
    prompt.end()
    print(f"{count:,} messages of {SIZE} B printed: {shown:.3f} s")
    print(f"{count:,} messages hidden by /filter: {filtered:.3f} s")
    print(f"slowest of {len(keys)} keys meanwhile: {max(keys, default=0) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
