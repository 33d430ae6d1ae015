"""What an import has to say: blocks that could not be traced and why, and what was left out on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from blockstudio.errors import BlockStudioError, mark, worded

WORDINGS: Mapping[str, str] = {
    "opaque": mark("{type} came in as a block of Python: {reason}."),
    "function": mark("“{call}” came in as a block of Python: {reason}."),
    "assertion": mark("A check of the inputs was left out: {text}."),
    "rank": mark("It is fixed to inputs of {rank} dimensions."),
    "frozen": mark("{names} did not train; here they do."),
    "constant": mark("The parameter “{name}” did not train: it came in as a constant."),
    "outputs": mark("It returned {shape}; here the outputs are {names}."),
    "dropped": mark("It returned {value} besides, which is no output here."),
    "changed input": mark("It changed its input “{name}” in place; here the input stays as it is."),
    "attribute": mark("The tensor “{name}” was a plain attribute: it came in as a constant that is not saved."),
    "unused": mark("Nothing calls {names}; they are kept for their parameters."),
    "value": mark("The value of “{name}” is in the parameters only."),
}


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


class ImportRefused(BlockStudioError):
    """A module that cannot come in at all; nothing was made of it."""


class Untraceable(Exception):
    """Why a forward cannot be drawn as a graph, as half a sentence in English."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
