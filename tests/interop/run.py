#!/usr/bin/env python3
"""Runs wsline against servers and proxies from the registries of Debian, PyPI and npm.

    python3 tests/interop/run.py [--program PATH] [--only NAME…] [--at-least N] [--write]

It prints a table; with --write it also becomes docs/interop.md. A peer that is not installed is skipped
by name; with --at-least, fewer than N that ran are an error. The packages of PyPI and npm are looked for
in target/peers/interop, where `.ci/run --full` installs them. A failed cell that is not listed in
FAULTS as a fault of the peer ends the run with exit code 1, and so does a fault that no longer shows.

Every peer echoes messages, as peers/python_servers.py describes. Each runs in a process group of its own
on a free port of 127.0.0.1, and is ended by the number of that group.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from cells import CELLS, Tried, Wsline  # noqa: E402
from launch import Missing, NotStarted, Running  # noqa: E402
from peers import FAULTS, PEERS  # noqa: E402
from report import Cell, page, table  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


def make_certificate(folder):
    """A certificate for 127.0.0.1 that is its own authority."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True, timeout=60)
    # Some servers read both from one file.
    (folder / "both.pem").write_text(cert.read_text() + key.read_text())
    return cert, key


def try_peer(peer, wsline, folder):
    """Fills in the row of a peer."""
    row = {}
    with Running(peer, folder) as plain:
        for cell in CELLS:
            if cell.tls:
                continue
            row[cell.name] = outcome(peer, cell, lambda cell=cell: cell.try_it(wsline, plain.url, plain.options))
    tls = next(cell for cell in CELLS if cell.tls)

    def try_tls():
        with Running(peer, folder, tls=True) as secured:
            return tls.try_it(wsline, secured.url, secured.options)

    row[tls.name] = outcome(peer, tls, try_tls)
    return row


def outcome(peer, cell, try_it):
    if cell.name in peer.without:
        return Cell("–", peer.without[cell.name])
    fault = FAULTS.get((peer.name, cell.name))
    tried = try_it()
    if tried.absent:
        return Cell("–", tried.absent)
    if tried.passed:
        if fault:
            return Cell("✗", f"the fault listed for {peer.name} no longer shows", ours=True)
        return Cell("✓", None)
    if fault and fault.shows_in(tried.printed):
        return Cell("✗", fault.text(tried.printed))
    return Cell("✗", tried.why + "\n" + tried.printed, ours=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=ROOT / "target/release/wsline", type=Path)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--at-least", type=int, default=1, metavar="N")
    parser.add_argument("--write", action="store_true", help="write docs/interop.md")
    options = parser.parse_args()

    rows, missing, failed = [], [], []
    with tempfile.TemporaryDirectory(prefix="wsline-interop-") as name:
        folder = Path(name)
        make_certificate(folder)
        wsline = Wsline(options.program.resolve(), folder)
        for peer in PEERS:
            if options.only and peer.name not in options.only:
                continue
            try:
                version = peer.version()
                row = try_peer(peer, wsline, folder)
            except Missing as absent:
                missing.append(f"{peer.name}: {absent}")
                print(f"skipped {peer.name}: {absent}", flush=True)
                continue
            except NotStarted as error:
                failed.append(f"{peer.name}: {error}")
                print(f"{peer.name} {version}: FAILED: {error}", flush=True)
                continue
            rows.append((peer, version, row))
            print(f"{peer.name} {version}: " + " ".join(cell.sign for cell in row.values()), flush=True)
            for cell, result in row.items():
                if result.ours:
                    failed.append(f"{peer.name}, {cell}: {result.note}")
                    print(f"  FAILED {cell}: {result.note.splitlines()[0]}", flush=True)
    print()
    print(table(rows))
    # Each failure with all that wsline printed.
    log = ROOT / "target/interop.log"
    log.write_text("\n\n".join(failed))
    if options.write:
        (ROOT / "docs/interop.md").write_text(page(rows, wsline.version()))
    print(f"\n{len(rows)} peers, {len(missing)} skipped, {len(failed)} cells failed" + (f" ({log})" if failed else ""))
    if failed or len(rows) < options.at_least:
        sys.exit(1)


if __name__ == "__main__":
    main()
