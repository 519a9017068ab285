"""Starting and ending peers."""

import os
import signal
import socket
import subprocess
import time

HOST = "127.0.0.1"
START_LIMIT = 30


class Missing(Exception):
    """A peer that is not installed."""


class NotStarted(Exception):
    """A peer that is installed and does not start."""


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Running:
    """A peer that runs: its URL, and the options that lead to it."""

    def __init__(self, peer, folder, tls=False):
        self.peer, self.folder, self.tls = peer, folder, tls or peer.only_tls
        self.processes = []
        self.options = []

    def __enter__(self):
        try:
            for _ in range(3):
                if self.start():
                    return self
                self.end()
        except BaseException:
            self.end()
            raise
        raise NotStarted(f"it did not start: {self.log()}")

    def __exit__(self, *_error):
        self.end()

    def start(self):
        """Starts it on a free port. Another process may take the port meanwhile, so it is tried again."""
        upstream = None
        if self.peer.upstream:
            upstream = free_port()
            if not self.launch(self.peer.upstream(upstream, self.tls and self.peer.forward, self.folder), upstream):
                return False
        port = free_port()
        command, environment = self.peer.command(port, upstream, self.tls and not self.peer.forward, self.folder)
        if not self.launch((command, environment), port):
            return False
        scheme = "wss" if self.tls else "ws"
        self.options = ["--cacert", str(self.folder / "cert.pem")] if self.tls else []
        if self.peer.forward:
            self.url = f"{scheme}://{HOST}:{upstream}{self.peer.path}"
            self.options += ["-x", f"{self.peer.forward}://{HOST}:{port}"]
        else:
            self.url = f"{scheme}://{HOST}:{port}{self.peer.path}"
        return True

    def launch(self, what, port):
        command, environment = what
        log = open(self.folder / "peer.log", "wb")
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                cwd=self.folder, env={**os.environ, **environment})
        except FileNotFoundError as error:
            raise Missing(f"{error.filename} not found") from error
        self.processes.append(process)
        until = time.monotonic() + START_LIMIT
        while time.monotonic() < until:
            try:
                socket.create_connection((HOST, port), timeout=1).close()
                return True
            except OSError:
                if process.poll() not in (None, 0):
                    return False
                time.sleep(0.05)
        return False

    def end(self):
        for process in reversed(self.processes):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        self.processes = []

    def log(self):
        return (self.folder / "peer.log").read_text(errors="replace")[-2000:]
