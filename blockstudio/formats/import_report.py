"""What an import had to say, kept in the project that it made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

from attrs import Factory, frozen

from blockstudio.errors import mark, worded
from blockstudio.graph.document import Document

KEY = "import"
"""Of the report in a project."""

WORDINGS: Mapping[str, str] = {
    "opaque": mark("{type} came in as a block of Python: {reason}."),
    "function": mark("“{call}” came in as a block of Python: {reason}."),
    "assertion": mark("A check of the inputs was left out: {text}."),
    "rank": mark("It is fixed to inputs of {rank} dimensions."),
    "frozen": mark("{names} did not train; here they do."),
    "constant": mark("The parameter “{name}” cannot train: it came in as a constant."),
    "outputs": mark("It returned {shape}; here the outputs are {names}."),
    "training outputs": mark("It returned {names} in training only; here they are None in evaluation."),
    "evaluation outputs": mark("It returned {names} in evaluation only; here they are None in training."),
    "dropped": mark("It returned {value} besides, which is no output here."),
    "changed input": mark("It changed its input “{name}” in place; here the input stays as it is."),
    "attribute": mark("The tensor “{name}” was a plain attribute: it came in as a constant that is not saved."),
    "unused": mark("Nothing calls {names}; they are kept for their parameters."),
    "value": mark("The value of “{name}” is in the parameters only."),
}
PYTHON = ("opaque", "function")
"""Codes of what came in as blocks of Python."""
CHANGED = ("assertion", "frozen", "dropped", "changed input", "outputs", "training outputs", "evaluation outputs")
"""Codes of what is not as it was."""


@frozen
class Note:
    """One thing to say about the module at `path` ("" for the whole). `code` is a key of `WORDINGS`."""

    code: str
    path: str
    facts: Mapping[str, Any] = Factory(dict)
    more: int = 0
    """How many other modules of the same structure it is about."""

    @property
    def template(self) -> str:
        return WORDINGS[self.code]

    @property
    def message(self) -> str:
        return worded(self.template, self.facts)

    def __str__(self) -> str:
        others = f" (and {self.more} like it)" if self.more else ""
        return f"{self.path}{others}: {self.message}" if self.path else self.message


@frozen
class ImportReport:
    """Where a document came from, and what there is to say about it."""

    source: str
    notes: tuple[Note, ...] = ()


def keep(document: Document, report: ImportReport) -> None:
    """Keep a report in a document."""
    notes = [
        {"code": note.code, "path": note.path, "facts": dict(note.facts), **({"more": note.more} if note.more else {})}
        for note in report.notes
    ]
    document.extra[KEY] = {"from": report.source, "notes": notes}


def kept(document: Document) -> ImportReport | None:
    """The report in a document; None where it was not imported."""
    raw = document.extra.get(KEY)
    if not isinstance(raw, dict) or not isinstance(raw.get("from"), str):
        return None
    return ImportReport(raw["from"], tuple(_notes(raw.get("notes"))))


def _notes(raw: Any) -> Iterator[Note]:
    """The notes in JSON data; those that this version cannot word are left out."""
    for item in raw if isinstance(raw, list) else ():
        match item:
            case {"code": str(code), "path": str(path), "facts": dict(facts)} if _has_words(code, facts):
                more = item.get("more")
                yield Note(code, path, facts, more if isinstance(more, int) else 0)


def _has_words(code: str, facts: Mapping[str, Any]) -> bool:
    """Whether there is a wording, and all that it speaks of."""
    return code in WORDINGS and all(name in facts for _, name, _, _ in Formatter().parse(WORDINGS[code]) if name)
