"""Pieces of a graph as JSON text, for the system clipboard: between blocks, windows and programs."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from blockstudio.errors import ProjectError, mark
from blockstudio.formats.project import (
    definition_from_json,
    definition_to_json,
    graph_from_json,
    graph_to_json,
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
    """The edit that puts copied JSON data into a graph, and the names of the new nodes."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ProjectError(mark("The clipboard holds no blocks."))
    try:
        fragment = Fragment(
            graph_from_json(data.get("graph", {})),
            tuple(definition_from_json(definition) for definition in data.get("definitions", [])),
        )
    except Exception as error:  # whatever another program put there
        raise ProjectError(mark("The clipboard holds no blocks.")) from error
    return paste_fragment(document, location, fragment, at)


def to_text(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)


def from_text(text: str) -> Any:
    """The data in a text; ProjectError when it is no JSON."""
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ProjectError(mark("The clipboard holds no blocks.")) from error
