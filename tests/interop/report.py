"""The table and the page."""

import re
from dataclasses import dataclass
from typing import Optional

from cells import CELLS


@dataclass
class Cell:
    """A cell: its sign, and a note if it is not ✓."""

    sign: str
    note: Optional[str]
    #: The cell failed, and that is not listed as a fault of the peer.
    ours: bool = False


def table(rows, marks=None):
    """The table in Markdown; `marks` are the numbers of the notes."""
    lines = ["| peer | version | " + " | ".join(cell.name for cell in CELLS) + " |",
             "| --- | --- |" + " :-: |" * len(CELLS)]
    for peer, version, row in rows:
        signs = []
        for cell in CELLS:
            result = row[cell.name]
            number = (marks or {}).get(result.note)
            signs.append(result.sign + (f" [{number}]" if number else ""))
        lines.append(f"| {peer.title} | {version} | " + " | ".join(signs) + " |")
    return "\n".join(lines)


def page(rows, version):
    """docs/interop.md."""
    numbers = {}
    for _, _, row in rows:
        for cell in CELLS:
            note = row[cell.name].note
            if note and row[cell.name].sign == "✗":
                numbers.setdefault(note, len(numbers) + 1)
    notes = [f"{number}. {note}" for note, number in numbers.items()]
    absent = sorted({(cell.name, row[cell.name].note, peer.title) for peer, _, row in rows
                     for cell in CELLS if row[cell.name].sign == "–" and row[cell.name].note})
    why = {}
    for name, note, title in absent:
        why.setdefault((name, note), []).append(title)
    dashes = [f"- {name}: {note}: {', '.join(titles)}" for (name, note), titles in sorted(why.items())]
    meanings = [f"| {cell.name} | {cell.meaning} |" for cell in CELLS]
    groups = []
    for group in ("server", "reverse proxy", "proxy"):
        of_it = [one for one in rows if one[0].group == group]
        if of_it:
            heading = {"server": "Servers", "reverse proxy": "Reverse proxies",
                       "proxy": "Proxies (`-x`)"}[group]
            groups += [f"## {heading}", "", table(of_it, numbers), ""]
    text = [
        "# Interoperability",
        "",
        f"wsline {version} against {len(rows)} servers and proxies from the registries of Debian, PyPI and",
        "npm. `tests/interop/run.py` generates this page, and `.ci/run --full` runs it.",
        "",
        "✓ works, – the peer has no such feature, ✗ fails, with whose fault it is below.",
        "",
        *groups,
        "## Faults",
        "",
        "Each is a fault of the peer. The lines are those of `wsline -vvv`: `>` was sent, `<` received.",
        "",
        *notes,
        "",
        "## Features that a peer lacks",
        "",
        *dashes,
        "",
        "## Columns",
        "",
        "| column | tested |",
        "| --- | --- |",
        *meanings,
        "",
    ]
    return re.sub(r"[ \t]+\n", "\n", "\n".join(text))
