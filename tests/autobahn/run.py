#!/usr/bin/env python3
"""Runs the cases of the Autobahn fuzzing server against wsline: README.md beside this says how."""

import argparse
import base64
import collections
import fnmatch
import json
import os
import pathlib
import queue
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = ROOT / "target" / "autobahn"
QUICK = [f"{group}.*" for group in (1, 2, 3, 4, 5, 6, 7, 10)]
FULL = [f"{group}.*" for group in (*range(1, 11), 12, 13)]
# The frame that breaks the rules comes with the message that should be echoed before it, and an
# echo that takes the way through another process comes too late.
NON_STRICT = {
    "3.2", "3.3", "3.4", "4.1.3", "4.1.4", "4.1.5", "4.2.3", "4.2.4", "4.2.5", "5.15",
}
AGENT = f"wsline-{os.getpid()}"
CASE_LIMIT = 620
GRACE = 10

# The suite itself would listen on every address.
SERVER = """
import site, sys
site.addsitedir(sys.argv.pop(1))
from autobahntestsuite import choosereactor
from twisted.internet import reactor
listen = reactor.listenTCP
reactor.listenTCP = lambda port, factory, backlog=50, interface='': listen(port, factory, backlog, '127.0.0.1')
from autobahntestsuite import wstest
sys.argv[0] = 'wstest'
wstest.run()
"""


def python27():
    places = ["python2.7", *map(str, pathlib.Path.home().glob(".pyenv/versions/2.7*/bin/python2.7"))]
    for place in places:
        try:
            # A shim can be on the path without a python behind it.
            subprocess.run([place, "-m", "pip", "--version"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return place
    sys.exit("run.py: there is no python2.7 with pip to run the suite: name a server with --server")


def install(python):
    wanted = (HERE / "requirements.txt").read_text()
    packages, stamp = TARGET / "packages", TARGET / "installed.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return packages
    print("installing the suite into", packages, flush=True)
    TARGET.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--upgrade",
         "--target", packages, "-r", HERE / "requirements.txt"],
        check=True,
        timeout=600,
    )
    stamp.write_text(wanted)
    return packages


def start_server():
    python = python27()
    packages = install(python)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    specification = TARGET / "server.json"
    specification.write_text(json.dumps({
        "url": f"ws://127.0.0.1:{port}", "outdir": str(TARGET / "report"), "cases": ["*"],
        "exclude-cases": [], "exclude-agent-cases": {}, "options": {},
    }))
    with open(TARGET / "server.log", "wb") as log:
        server = subprocess.Popen(
            [python, "-s", "-u", "-c", SERVER, packages, "--mode", "fuzzingserver",
             "--spec", specification, "--webport", "0"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=TARGET,
        )
    end = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server, f"ws://127.0.0.1:{port}"
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                stop(server)
                sys.exit(f"run.py: the server did not start, see {TARGET / 'server.log'}")
            time.sleep(0.1)


def stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ask(server, path, timeout=60):
    """The first text message of the answer; by hand, so that wsline does not judge itself."""
    address = urllib.parse.urlsplit(server)
    with socket.create_connection((address.hostname, address.port), timeout) as connection:
        stream = connection.makefile("rwb")
        key = base64.b64encode(os.urandom(16)).decode()
        stream.write((f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\n"
                      f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                      "Sec-WebSocket-Version: 13\r\n\r\n").encode())
        stream.flush()
        while stream.readline() not in (b"\r\n", b""):
            pass
        head = stream.read(2)
        if len(head) < 2 or head[0] & 15 != 1:
            return None
        length = head[1] & 127
        if length == 126:
            (length,) = struct.unpack("!H", stream.read(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", stream.read(8))
        return json.loads(stream.read(length))


def join(stdout, stdin):
    """stdout goes to stdin, and never waits for it: else both ends could wait for each other."""
    pieces = queue.Queue()

    def write():
        try:
            while piece := pieces.get():
                stdin.write(piece)
                stdin.flush()
        except OSError:
            pass  # It has ended; the server's verdict says whether that was right.

    threading.Thread(target=write, daemon=True).start()
    while piece := os.read(stdout.fileno(), 1 << 18):
        pieces.put(piece)
    pieces.put(b"")


def run_case(program, server, number):
    """The server's verdict on the case, or what kept it from one."""
    where = f"case={number}&agent={AGENT}"
    client = subprocess.Popen(
        [program, "--json", "-w", "-1", f"{server}/runCase?{where}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    threading.Thread(target=join, args=(client.stdout, client.stdin), daemon=True).start()
    try:
        client.wait(CASE_LIMIT)
        status = ask(server, f"/getCaseStatus?{where}", GRACE)
    except subprocess.TimeoutExpired:
        return "NO END"
    except OSError as error:
        return f"NO VERDICT ({error})"
    finally:
        stop(client)
    if client.returncode < 0:
        return f"SIGNAL {-client.returncode}"
    return status["behavior"]


def bad(case, verdict, close):
    if verdict == "NON-STRICT" and case not in NON_STRICT:
        return True
    fine = ("OK", "NON-STRICT", "INFORMATIONAL")
    return verdict not in fine or close not in ("OK", "INFORMATIONAL")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", help="a fuzzing server that runs: ws://127.0.0.1:9001")
    parser.add_argument("--program", default=str(ROOT / "target/release/wsline"))
    parser.add_argument("--full", action="store_true", help="all cases, not only the quick ones")
    parser.add_argument("--cases", action="append", help="only these: '12.1.*'")
    options = parser.parse_args()
    patterns = options.cases or (FULL if options.full else QUICK)

    # Else SIGTERM would leave the server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    own = None
    server = options.server
    if server is None:
        own, server = start_server()
    try:
        cases = []
        for number in range(1, ask(server, "/getCaseCount") + 1):
            case = ask(server, f"/getCaseInfo?case={number}")["id"]
            if any(fnmatch.fnmatchcase(case, pattern) for pattern in patterns):
                cases.append((number, case))
        if not cases:
            sys.exit("run.py: the server has no such case")
        table = collections.defaultdict(collections.Counter)
        verdicts = {}
        for number, case in cases:
            verdicts[case] = run_case(options.program, server, number)
            table[int(re.match(r"\d+", case)[0])][verdicts[case]] += 1
        ask(server, f"/updateReports?agent={AGENT}")
    finally:
        if own is not None:
            stop(own)

    # Some faults show only in how the connection was closed, and that stands only in the report,
    # which a server that was started elsewhere keeps to itself.
    closes = dict.fromkeys(verdicts, "OK")
    if own is not None:
        report = json.loads((TARGET / "report" / "index.json").read_text())[AGENT]
        closes = {case: report.get(case, {}).get("behaviorClose", "MISSING") for case in verdicts}
    wrong = [case for case in verdicts if bad(case, verdicts[case], closes[case])]
    for case in wrong:
        print(f"{case}: {verdicts[case]}, close: {closes[case]}")

    columns = ["OK", "NON-STRICT", "INFORMATIONAL"]
    print("| cases | number |", " | ".join(columns), "| other |")
    print("| --- " * (len(columns) + 3) + "|")
    for group, counts in [*sorted(table.items()), ("all", sum(table.values(), collections.Counter()))]:
        known = [counts[column] for column in columns]
        name = "all" if group == "all" else f"{group}.*"
        print("|", " | ".join(map(str, [name, counts.total(), *known, counts.total() - sum(known)])), "|")
    if wrong:
        sys.exit(f"run.py: {len(wrong)} of {len(cases)} cases are not as they must be")


if __name__ == "__main__":
    main()
