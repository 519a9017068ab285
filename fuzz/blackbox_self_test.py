"""Whether blackbox.py finds each kind of defect, shown with small programs that have one."""

import sys
import tempfile

import blackbox
import blackbox_run

# A program in Python, whether it runs at a terminal, and what must be said of it.
PROGRAMS = [
    ("print('hello')", False, None),
    ("print('\\x1b[31mhello\\x1b[0m, gr\u00fc\u00dfe')", True, None),
    ("print('before'); open('/dev/stderr', 'w').write('x' * 70000 + 'thread panicked at x')", False,
     "a panic"),
    ("print('thread panicked at x')", True, "a panic"),
    ("import sys; sys.exit(101)", False, "an exit code that is not in the table: 101"),
    ("import os; os.abort()", False, "an exit code that is not in the table: -6"),
    ("import time; time.sleep(60)", False, "a hang: its limits allow 0.1 s"),
    ("x = bytearray(b'x') * (300 << 20)", False, "MiB of memory, more than 256 MiB"),
    ("print('\\x1b[31;666m')", True, "a control character at the terminal"),
    ("import os; os.write(1, b'\\x1b'); os.write(1, b']0;x\\x07')", True,
     "a control character at the terminal"),
    ("import os; os.write(1, b'\\xc2\\x9b1m.')", True, "a control character at the terminal"),
    ("import os; os.write(1, b'\\x9b1m.')", True, "a control character at the terminal"),
    ("import os; os.write(1, b'\\xe2\\x80'); os.write(2, b'closed\\n')", True, None),
    ("print('\u202e.')", True, "a control character at the terminal"),
    ("import tty; tty.setraw(0)", True, "the terminal is not as it was before"),
]


def wrong_with(program, is_terminal):
    stream = "terminal" if is_terminal else "read"
    case = blackbox.Case(number=0, server=[], tls=False, args=[], stdin="null", stdout=stream,
                         stderr=stream, typed=[], size=(24, 80) if is_terminal else None,
                         signal=None, after=0, limit=0.1, session="")
    with tempfile.TemporaryDirectory(prefix="wsline-blackbox-") as directory:
        command = [sys.executable, "-X", "utf8", "-c", program]
        return blackbox_run.run(command, case, directory, 1).wrong


def main():
    failed = 0
    for program, is_terminal, expected in PROGRAMS:
        wrong = wrong_with(program, is_terminal)
        if not (wrong is None if expected is None else expected in (wrong or "")):
            failed += 1
            print(f"FAILED {program}: expected {expected!r}, got {wrong!r}")
    print(f"{len(PROGRAMS) - failed} passed, {failed} failed")
    return 1 if failed else 0
