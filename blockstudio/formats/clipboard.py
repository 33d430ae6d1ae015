"""Pieces of a graph as JSON text, for the system clipboard: between blocks, windows and programs."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from blockstudio.errors import ProjectError, mark
from blockstudio.formats import project
from blockstudio.formats.project import (
    MALFORMED,
    definition_from_json,
    definition_to_json,
    faults_of,
    from_json,
    graph_from_json,
    graph_to_json,
    pretty,
)
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Edit
from blockstudio.graph.fragments import Fragment, copy_fragment, paste_fragment
from blockstudio.graph.model import Position

FORMAT = "blockstudio-fragment"
MIME_TYPE = "application/x-blockstudio-fragment"


def copy(document: Document, location: Location, names: Collection[str]) -> dict[str, Any]:
    """Some nodes, the edges among them, and the definitions they need, as JSON data."""
    fragment = copy_fragment(document, location, names)
    return {
        "format": FORMAT,
        "graph": graph_to_json(fragment.graph),
        "definitions": [definition_to_json(definition) for definition in fragment.definitions],
    }


def paste(
    document: Document, location: Location, data: Any, at: Position | None = None
) -> tuple[Edit, tuple[str, ...]]:
    """The edit that puts copied JSON data, or all of a project's root, into a graph, and the names of the new nodes."""
    if not isinstance(data, dict) or data.get("format") not in (FORMAT, project.FORMAT):
        raise ProjectError(mark("The clipboard holds no blocks."))
    if data["format"] == project.FORMAT:
        source = from_json(data)
        root = Location(source.root)
        return paste_fragment(document, location, copy_fragment(source, root, list(source.graph(root).nodes)), at)
    try:
        fragment = Fragment(
            graph_from_json(data.get("graph", {})),
            tuple(definition_from_json(definition) for definition in data.get("definitions", [])),
        )
    except MALFORMED as error:  # whatever another program put there
        faults, _ = faults_of(error)
        raise ProjectError(mark("The blocks on the clipboard have faults: {faults}."), faults=faults) from error
    return paste_fragment(document, location, fragment, at)


def to_text(data: dict[str, Any]) -> str:
    return pretty(data) + "\n"


def from_text(text: str) -> Any:
    """The data in a text, wherever in it: in a message, between code fences. ProjectError says what is wrong."""
    if not text.strip():
        raise ProjectError(mark("The clipboard holds no text."))
    start = _START.search(text) or _BRACE.search(text)
    if start is None or (FORMAT not in text and f'"{project.FORMAT}"' not in text):
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
