#!/usr/bin/env python3
"""Runs wsline against random servers, as it was built: README.md beside this says how.

Each case is a random server, a random command line and a random use of stdin, stdout and the
terminal, chosen from the seed and the number of the case. What must hold, whatever the server does:
no panic, an end within the limits that the command line sets, an exit code of the table, at most
256 MiB of memory, and at a terminal no control character that came from the network.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import blackbox_run
import blackbox_server

ROOT = pathlib.Path(__file__).resolve().parent.parent

SESSIONS = [
    "> hello\n< hello\n> close\n",
    "> hello\n< json {\"id\":1}\n",
    "< /o/\n< any\n< any\n< any\n",
    "< hex 00\n",
    "> ping x\n< pong x\n< ping\n",
    "< status 101\n< header Upgrade: websocket\n> hello\n< silence 300ms\n",
    "< refused\n",
    "strict\n< hello\n< close 1000\n",
    "> hello\n< any\ncapture A /id\n> ${A}\n< ${A}\n",
    "@a > one\n@b > two\n@a < any\n@b < any\n@a < close\n",
]
TYPED = [
    b"hello\r", b"\r", b"/help\r", b"/status\r", b"/headers\r", b"/ping x\r", b"/nope\r", b"/hex 00\r",
    b"/close 4000 bye\r", b"/quit\r", b"\x04", b"\x03", b"\x12hel", b"\t", b"\x1b[A", b"\x1b[D\x1b[D",
    b"\x1b[200~one\rtwo\x1b[201~", b"a" * 3000, "世界\u0301\r".encode(), b"\x15", b"/json {\r",
]
EXPECTATIONS = [
    ["--expect", "hello"], ["--expect-json", '{"id":1}'], ["--expect-json", "[[]]"],
    ["--expect-match", "(hello )+$"], ["--expect-hex", "00"], ["--expect-ping"],
    ["--expect-silence", "200ms"], ["--expect-close", "1000"], ["--expect-match", "[[:cntrl:]]$"],
    ["--close", "--expect-close", "1000"], ["-d", "hello"],
]


@dataclasses.dataclass
class Case:
    """What is run, and what may come of it."""

    number: int
    server: list
    tls: bool
    args: list
    stdin: str
    stdout: str
    stderr: str
    typed: list
    size: tuple
    signal: object
    after: float
    limit: float
    session: str


def choose(number, seed, tls):
    """The case of this number; `tls` says whether there is a certificate for it."""
    rng = random.Random(f"{seed}:{number}")
    mode = rng.choices(["pipe", "json", "verbose", "record", "expect", "test", "prompt", "stopped"],
                       [3, 3, 2, 3, 3, 2, 4, 2])[0]
    secured = rng.random() < 0.15
    args = []
    case = Case(number, blackbox_server.choose(rng), secured and tls, args,
                stdin=rng.choice(["empty", "lines", "open", "flood", "null"]),
                stdout=rng.choice(["read"] * 6 + ["slowly", "stops", "closed", "full", "file"]),
                stderr=rng.choice(["read"] * 9 + ["stops"]),
                typed=[], size=(24, 80), signal=None, after=0, limit=0, session="")
    args += rng.choice([[], [], ["-P"], ["--timing"], ["--compress", "off"],
                        ["--compress", "require"], ["-L"], ["-L", "--max-redirs", "50"],
                        ["-s", "a", "-s", "b"], ["--max-message-size", "1M"]])
    if mode == "test":
        test_command(case, rng)
    else:
        conversation(case, mode, rng)
    if rng.random() < 0.1:
        args += ["-x", rng.choice(["http", "socks5", "socks5h"]) + "://127.0.0.1:PORT"]
    if secured:
        args.append("-k")
    limit_time(case, mode, rng)
    address = ("wss" if secured else "ws") + "://127.0.0.1:PORT/"
    if mode == "test":
        case.args[:] = ["test", "session.ws", "--url", address, *case.args]
    else:
        args.append(address)
    return case


def limit_time(case, mode, rng):
    """A limit of time, or a signal; with either the run ends within another second."""
    if mode == "test" or rng.random() < 0.7:
        seconds = rng.choice([0.5, 1, 2])
        case.args += ["-m", f"{seconds}s"]
    else:
        signals = [signal.SIGTERM, signal.SIGHUP] + ([signal.SIGINT] if case.size is None else [])
        seconds = rng.choice([0.3, 1, 2])
        case.signal, case.after = rng.choice(signals), seconds
    case.limit = seconds + 1


def conversation(case, mode, rng):
    args = case.args
    if mode in ("prompt", "stopped"):
        case.stdin = case.stdout = case.stderr = "terminal"
        case.size = (rng.choice([1, 5, 24, 60]), rng.choice([1, 8, 40, 80, 200]))
        case.typed = [(rng.choice([0, 0.01, 0.2]), key) for key in rng.choices(TYPED, k=rng.randrange(8))]
        if mode == "stopped":
            case.stdout = "stopped terminal"
        elif rng.random() < 0.15:
            case.stdout = "slow terminal"
        args += rng.choice([[], [], ["-vv"], ["-vvv"], ["--timestamps"], ["--binary-as", "hex"],
                            ["--json"], ["--color", "never"], ["-d", "hello", "-i"]])
        args.append("--no-history")
        return
    case.size = None
    if mode == "json" or rng.random() < 0.1:
        args.append("--json")
    if mode == "verbose":
        args.append(rng.choice(["-vv", "-vvv"]))
    if mode == "record" or rng.random() < 0.1:
        args += ["--record", rng.choice(["record.ws", "record.jsonl", "record.har"])]
    if mode == "expect":
        args += rng.choice([[], ["--strict"], ["--within", "500ms"], ["-w", "0"]])
        for expectation in rng.choices(EXPECTATIONS, k=rng.randrange(1, 4)):
            args += expectation
        return
    choices = [[], [], ["-n", "3"], ["-1"], ["-w", "0"], ["-w", "-1"], ["--delay", "10ms"],
               ["--frame-size", "5"], ["-d", "hello"], ["--close-timeout", "300ms"]]
    if "--json" in args:
        case.stdin = "orders" if case.stdin == "lines" else case.stdin
    else:
        choices += [["-b"], ["-0"], ["--binary-as", "hex"]]
    args += rng.choice(choices)


def test_command(case, rng):
    case.size = None
    case.stdin = "null"
    case.session = "within 500ms\n" + rng.choice(SESSIONS)
    front = rng.choice([[], ["-v"], ["--json"], ["--junit", "report.xml"], ["-q"], ["-j", "2"]])
    case.args[:] = [*front, "--"] + [arg for arg in case.args if arg in ("-L",)]


# Running cases and telling what was found.

@dataclasses.dataclass
class Setting:
    """What all cases have in common."""

    program: str
    seed: int
    factor: float
    certificate: object
    verbose: bool


def run_case(setting, number):
    """Runs a case in a directory of its own; what was found, or None."""
    case = choose(number, setting.seed, bool(setting.certificate))
    with tempfile.TemporaryDirectory(prefix="wsline-blackbox-") as directory:
        pathlib.Path(directory, "session.ws").write_text(case.session)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            server = start_server(setting, case, listener)
            try:
                args = [arg.replace("PORT", str(port)) for arg in case.args]
                end = blackbox_run.run([setting.program, *args], case, directory, setting.factor)
            finally:
                os.kill(server, signal.SIGKILL)
                os.waitpid(server, 0)
    if setting.verbose:
        print(f"case {number}: {end.status}, {end.seconds:.1f} s, {end.mebibytes} MiB: "
              f"wsline {' '.join(case.args)}; {case.server}", flush=True)
    return describe(setting, case, end) if end.wrong else None


def start_server(setting, case, listener):
    """The server has a process of its own, lest its memory count as that of wsline."""
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        context = None
        if case.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(setting.certificate)
        seconds = (case.limit + blackbox_run.SLACK) * setting.factor + 5
        blackbox_server.serve(listener, case.server, f"{setting.seed}:{case.number}", seconds, context)
    finally:
        os._exit(0)


def describe(setting, case, end):
    quoted = " ".join(arg if arg.isalnum() else repr(arg) for arg in case.args)
    steps = "; ".join(" ".join(map(str, step)) for step in case.server)
    typed = [(delay, keys[:30]) for delay, keys in case.typed]
    lines = [
        f"FAILED case {case.number}: {end.wrong}",
        f"  wsline {quoted}",
        f"  stdin {case.stdin}, stdout {case.stdout}, stderr {case.stderr}, "
        f"terminal {case.size}, typed {typed}, "
        f"signal {case.signal and case.signal.name} after {case.after} s",
        f"  server: {steps}{' (TLS)' if case.tls else ''}",
    ]
    if case.session:
        lines.append(f"  session file: {case.session!r}")
    lines.append(f"  ended with {end.status} after {end.seconds:.1f} s, {end.mebibytes} MiB")
    if end.tail:
        lines.append(f"  last output: {end.tail!r}")
    lines.append(f"  again: fuzz/blackbox.py --program {setting.program} --seed {setting.seed} "
                 f"--case {case.number}")
    return "\n".join(lines)


def work(setting, first, step, until, count, pipe):
    """Runs every case that is its own, and writes a line of JSON for each."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    number = first
    while time.monotonic() < until and (count is None or number < count):
        result = run_case(setting, number)
        os.write(pipe, json.dumps(result).encode() + b"\n")
        number += step


def run_all(setting, jobs, seconds, count):
    """The cases' numbers that passed and failed."""
    until = time.monotonic() + seconds
    reader, writer = os.pipe()
    workers = []
    for first in range(jobs):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.close(reader)
                work(setting, first, jobs, until, count, writer)
                status = 0
            finally:
                os._exit(status)
        workers.append(pid)
    os.close(writer)
    passed = failed = 0
    with os.fdopen(reader) as results:
        for line in results:
            found = json.loads(line)
            if found is None:
                passed += 1
                continue
            failed += 1
            print(found, flush=True)
    statuses = [os.waitpid(pid, 0)[1] for pid in workers]
    if any(statuses):
        sys.exit("blackbox.py: a worker failed, see above")
    return passed, failed


def certificate(directory):
    """A self-signed certificate with its key in one file; None without the openssl program."""
    if not shutil.which("openssl"):
        print("there is no openssl program: TLS is left out")
        return None
    path = pathlib.Path(directory, "server")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=\x1b[666m", "-keyout", path, "-out", f"{path}.crt"],
        check=True, capture_output=True)
    with open(path, "a", encoding="ascii") as file:
        file.write(pathlib.Path(f"{path}.crt").read_text(encoding="ascii"))
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "target/release/wsline"), help="the program")
    parser.add_argument("--seed", type=int, default=None, help="repeat a run")
    parser.add_argument("--case", type=int, default=None, help="run only this case")
    parser.add_argument("--cases", type=int, default=None, help="end after this many cases")
    parser.add_argument("--minutes", type=float, default=1, help="end after this time [default: 1]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="cases at the same time")
    parser.add_argument("--verbose", action="store_true", help="print a line for each case")
    parser.add_argument("--self-test", action="store_true", help="check that defects are found")
    options = parser.parse_args()
    if options.self_test:
        import blackbox_self_test
        return blackbox_self_test.main()
    program = os.path.abspath(options.program)
    if not os.access(program, os.X_OK):
        sys.exit(f"blackbox.py: {options.program} can't be run: cargo build --release builds it, or "
                 "give --program")
    seed = random.SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    factor = float(os.environ.get("WSLINE_TEST_SLOWNESS", "1"))
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="wsline-blackbox-") as directory:
        setting = Setting(program, seed, factor, certificate(directory), options.verbose)
        if options.case is not None:
            found = run_case(setting, options.case)
            print(found or f"case {options.case} passed")
            passed, failed = (0, 1) if found else (1, 0)
        else:
            passed, failed = run_all(setting, options.jobs, options.minutes * 60, options.cases)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
