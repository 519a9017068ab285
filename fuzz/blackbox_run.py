"""One run of wsline for blackbox.py: its streams, its limits, and what is wrong with how it went."""

import dataclasses
import fcntl
import os
import pty
import re
import resource
import select
import signal
import struct
import termios
import time

# Seconds that starting the program and ending it may take beyond what its limits allow.
SLACK = 3
MEMORY = 256  # MiB
FILE_SIZE = 32 << 20  # bytes of a file; beyond it writing fails as on a full disk
EXIT_CODES = {0, 1, 2, 3, 4, 5, 6, 7, 22, 23, 26, 28, 35, 47, 55, 56, 58, 60, 77, 97, 120, 121,
              *range(102, 116)}

# The sequences that wsline and its line editor write themselves; those of the servers have a 666.
OWN = re.compile(rb"\x1b\[(?![0-9;]*666)[0-9;]*[ABCDGHJKm]|\x1b\[\?(?:25|7|1004|2004|2026)[hl]")
# A sequence or a character that may go on in what is read next.
CUT = re.compile(rb"(?:\x1b(?:\[[0-9;?]*)?|[\xc2-\xf4][\x80-\xbf]{0,2})\Z")
# Control characters but for BEL, BS, HT, LF and CR, overrides of direction, and the bytes of 8-bit
# control characters, unless they belong to a character that the end of the output cut off.
FOREIGN = re.compile(
    "\x1b[\\s\\S]{0,12}|[\x00-\x06\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u2028\u2029]"
    "|[\u202a-\u202e\u2066-\u2069]"
    "|(?<![\udcc2-\udcf4])(?<![\udcc2-\udcf4][\udc80-\udcbf])[\udc80-\udc9f]")
SLOW = {"slowly", "slow terminal"}
STOPPED = {"stops", "stopped terminal"}

# What --json reads.
ORDERS = b'{"type":"text","data":"hello"}\n{"type":"binary","base64":"AA=="}\n{"type":"ping"}\n'


@dataclasses.dataclass
class End:
    """How a run ended."""

    wrong: object
    status: str
    seconds: float
    mebibytes: int
    tail: str


class Stream:
    """What the program writes to a descriptor: read, or not, and looked at as it comes."""

    def __init__(self, fd, how, is_terminal=False):
        os.set_blocking(fd, False)
        self.fd, self.how, self.is_terminal = fd, how, is_terminal
        self.count = 0
        self.tail = b""
        self.rest = b""
        self.next = 0
        self.wrong = None

    def wants(self, now):
        """Whether it is to be read now."""
        stopped = self.how in STOPPED and self.count > 20_000
        return self.fd is not None and now >= self.next and not stopped

    def read(self, now):
        """Reads what there is, up to a limit; whether there was anything."""
        try:
            data = os.read(self.fd, 2000 if self.how in SLOW else 1 << 16)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data or self.how == "closed":
            os.close(self.fd)
            self.fd = None
            return False
        if self.how in SLOW:
            self.next = now + 0.02
        self.count += len(data)
        self.check(data)
        self.tail = (self.tail + data)[-1500:]
        return True

    def check(self, data):
        if self.is_terminal:
            self.check_terminal(data)
        if b"panicked at" in self.tail[-30:] + data:
            self.wrong = self.wrong or "a panic"

    def check_terminal(self, data):
        """Whether all control sequences are those of the program."""
        data = self.rest + data
        cut = CUT.search(data)
        end = cut.start() if cut else len(data)
        text, self.rest = data[:end], data[end:]
        found = FOREIGN.search(OWN.sub(b"", text).decode("utf-8", "surrogateescape"))
        if found:
            self.wrong = self.wrong or f"a control character at the terminal: {found.group()!r}"

    def close(self):
        if self.fd is not None:
            os.close(self.fd)


class Input:
    """What the program reads from stdin."""

    def __init__(self, fd, how):
        os.set_blocking(fd, False)
        self.fd = fd
        self.how = how
        self.left = {"lines": b"hello\n\nworld\n" * 20, "open": b"hello\n", "orders": ORDERS}.get(how, b"")

    def feed(self):
        if self.fd is None:
            return
        if self.how == "flood":
            self.left = self.left or b"hello world\n" * 5000
        try:
            if self.left:
                self.left = self.left[os.write(self.fd, self.left):]
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        if not self.left and self.how in ("lines", "orders", "empty"):
            self.close()

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


def spawn(command, directory, streams, is_terminal):
    """Starts the program with these descriptors for its first three."""
    pid = os.fork()
    if pid:
        return pid
    try:
        # A process that waits for the terminal in the background would be stopped.
        os.setsid()
        if is_terminal:
            fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)
        for target, fd in enumerate(streams):
            os.dup2(fd, target)
        os.closerange(3, 256)
        os.chdir(directory)
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        environment = {"PATH": "/usr/bin:/bin", "HOME": directory, "TERM": "xterm-256color",
                       "TZ": "UTC", "RUST_BACKTRACE": "0"}
        os.execve(command[0], command, environment)
    finally:
        os._exit(127)


class Run:
    """A program that runs, with all that it reads and writes."""

    def __init__(self, command, case, directory):
        self.case = case
        self.keys_to_type = list(case.typed)
        self.outputs = []
        self.input = None
        self.terminal = None
        theirs = []
        if case.size is not None:
            master, slave = pty.openpty()
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *case.size, 0, 0))
            self.terminal = slave
            self.before = termios.tcgetattr(slave)
            theirs = [os.dup(slave) for _ in range(3)]
            self.outputs = [Stream(master, case.stdout, is_terminal=True)]
            self.keys = os.dup(master)
        else:
            if case.stdin == "null":
                theirs.append(os.open("/dev/null", os.O_RDONLY))
            else:
                reader, writer = os.pipe()
                theirs.append(reader)
                self.input = Input(writer, case.stdin)
            for how in (case.stdout, case.stderr):
                if how in ("full", "file"):
                    path = "/dev/full" if how == "full" else os.path.join(directory, "stdout")
                    theirs.append(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
                    continue
                reader, writer = os.pipe()
                self.outputs.append(Stream(reader, how))
                theirs.append(writer)
        self.started = self.typed_at = time.monotonic()
        self.pid = spawn(command, directory, theirs, self.terminal is not None)
        for fd in theirs:
            os.close(fd)

    def type(self, now):
        """Types what is due."""
        if not self.keys_to_type or now < self.typed_at + self.keys_to_type[0][0]:
            return
        _, keys = self.keys_to_type.pop(0)
        self.typed_at = now
        try:
            os.write(self.keys, keys)
        except OSError:
            pass  # nothing reads the terminal any more

    def turn(self):
        now = time.monotonic()
        readable = {one.fd: one for one in self.outputs if one.wants(now)}
        ready, _, _ = select.select(list(readable), [], [], 0.01)
        for fd in ready:
            readable[fd].read(now)
        if self.input:
            self.input.feed()
        self.type(now)

    def finish(self, factor):
        """Waits for the end; the status (None after a hang), the time it took and the memory."""
        limit = (self.case.limit + SLACK) * factor
        to_signal = self.case.signal
        while True:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            seconds = time.monotonic() - self.started
            if pid:
                break
            if to_signal and seconds >= self.case.after:
                os.kill(self.pid, to_signal)
                to_signal = None
            if seconds > limit:
                os.kill(self.pid, signal.SIGKILL)
                _, _, usage = os.wait4(self.pid, 0)
                status = None
                break
            self.turn()
        for one in self.outputs:
            # Whatever is left, at once.
            while one.wants(float("inf")) and one.read(0):
                pass
        return status, seconds, usage.ru_maxrss >> 10

    def is_restored(self):
        """Whether the terminal is as it was."""
        if self.terminal is None or self.case.stdout != "terminal":
            return True
        return termios.tcgetattr(self.terminal) == self.before

    def close(self):
        for one in self.outputs:
            one.close()
        if self.input:
            self.input.close()
        if self.terminal is not None:
            os.close(self.terminal)
            os.close(self.keys)


def run(command, case, directory, factor):
    """Runs the program; how it ended and what was wrong with that, which may be None."""
    running = Run(command, case, directory)
    try:
        status, seconds, mebibytes = running.finish(factor)
        what = judge(running, status, mebibytes)
    finally:
        running.close()
    code = "a hang" if status is None else str(os.waitstatus_to_exitcode(status))
    tail = b"".join(one.tail for one in running.outputs)[-1500:].decode("utf-8", "replace")
    return End(what, code, seconds, mebibytes, tail)


def judge(running, status, mebibytes):
    case = running.case
    wrong = next((one.wrong for one in running.outputs if one.wrong), None)
    if wrong:
        return wrong
    if status is None:
        return f"a hang: its limits allow {case.limit} s, and it had {SLACK} s more"
    code = os.waitstatus_to_exitcode(status)
    # A signal, or a ^C that is typed, may come before the program has set up its handlers.
    ends = {-case.signal, 128 + case.signal} if case.signal else set()
    typed = {-signal.SIGINT, 128 + signal.SIGINT} if case.size else set()
    if code not in EXIT_CODES | ends | typed:
        return f"an exit code that is not in the table: {code}"
    if mebibytes > MEMORY:
        return f"{mebibytes} MiB of memory, more than {MEMORY} MiB"
    if not running.is_restored():
        return "the terminal is not as it was before"
    return None
