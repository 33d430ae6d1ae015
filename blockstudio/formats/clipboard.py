"""Pieces of a graph as JSON text, for the system clipboard: between blocks, windows and programs."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from blockstudio.errors import ProjectError, mark
from blockstudio.formats import project
from blockstudio.formats.migrations import VERSION
from blockstudio.formats.project import definition_to_json, from_json, pretty
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Edit
from blockstudio.graph.fragments import copy_fragment, paste_fragment
from blockstudio.graph.model import Definition, Position

FORMAT = "blockstudio-fragment"
MIME_TYPE = "application/x-blockstudio-fragment"
_ROOT = "(clipboard)"
"""No block can have this name."""
_TAKEN = ("hyper_parameters", "graph")
"""What is taken of the block that nodes are copied from."""


def copy(document: Document, location: Location, names: Collection[str]) -> dict[str, Any]:
    """Some nodes, the edges among them, and the definitions and hyper-parameters they need, as JSON data."""
    fragment = copy_fragment(document, location, names)
    root = Definition(_ROOT, fragment.graph, list(fragment.hyper_parameters))
    data = {key: value for key, value in definition_to_json(root).items() if key in _TAKEN}
    definitions = [definition_to_json(definition) for definition in fragment.definitions]
    return {"format": FORMAT, "version": VERSION, **data, "definitions": definitions}


def paste(
    document: Document, location: Location, data: Any, at: Position | None = None
) -> tuple[Edit, tuple[str, ...]]:
    """The edit that puts copied JSON data, or all of a project's root, into a graph, and the names of the new nodes."""
    if not isinstance(data, dict) or data.get("format") not in (FORMAT, project.FORMAT):
        raise ProjectError(mark("The clipboard holds no blocks."))
    try:
        source = from_json(data if data["format"] == project.FORMAT else _as_project(data))
    except ProjectError as error:  # whatever another program put there
        raise ProjectError(mark("The blocks on the clipboard cannot be used. {reason}"), reason=error) from error
    root = Location(source.root)
    graph = source.graph(root)
    return paste_fragment(document, location, copy_fragment(source, root, [*graph.nodes, *graph.notes]), at)


def _as_project(data: Mapping[str, Any]) -> dict[str, Any]:
    """Copied data as a project whose root holds it: what is read of it is refused for the same reasons."""
    definitions = data.get("definitions", [])
    root = {"name": _ROOT, "graph": {}, **{key: data[key] for key in _TAKEN if key in data}}
    return {
        "format": project.FORMAT,
        "version": data.get("version", 1),
        "root": _ROOT,
        "definitions": [root, *definitions] if isinstance(definitions, list) else definitions,
    }


def to_text(data: dict[str, Any]) -> str:
    return pretty(data) + "\n"


def is_fragment(text: str) -> bool:
    """Whether a text holds blocks, be they whole or not."""
    return FORMAT in text or f'"{project.FORMAT}"' in text


def from_text(text: str) -> Any:
    """The data in a text, wherever in it: in a message, between code fences. ProjectError says what is wrong."""
    if not text.strip():
        raise ProjectError(mark("The clipboard holds no text."))
    start = _START.search(text) or _BRACE.search(text)
    if start is None or not is_fragment(text):
        raise ProjectError(mark("The clipboard holds no blocks."))
    body = text[start.start() :]
    try:
        return _first(body)
    except json.JSONDecodeError as error:
        try:
            return _first(body.translate(_PLAIN))
        except json.JSONDecodeError:
            pass  # it was not the quotes: the first error tells more
        raise ProjectError(
            mark("The blocks on the clipboard are not complete JSON: line {line}, column {column}: {reason}."),
            line=error.lineno,
            column=error.colno,
            reason=error.msg,
        ) from error
    except (RecursionError, ValueError) as error:
        raise ProjectError(mark("The clipboard holds no blocks.")) from error


def _first(text: str) -> Any:
    return json.JSONDecoder().raw_decode(text)[0]


_START = re.compile(r'\{\s*["“”]format["“”]\s*:')
_BRACE = re.compile(r"\{")
_PLAIN = str.maketrans({"“": '"', "”": '"', "„": '"', "\u00a0": " "})
"""What programs for prose make of quotes and spaces, taken back."""
