"""What of a document its generated source says: the rest cannot come back from it."""

from __future__ import annotations

from typing import Any

from blockstudio.formats.project import to_json
from blockstudio.graph.document import Document

SILENT = ("position", "comment", "example", "color", "title", "import", "help", "width", "height", "collapsed", "notes")
"""What no source tells: where things stand, what is written beside them, and inputs to try."""


def plain(document: Document) -> Any:
    """A document as data, with the definitions in the order of their names and without what its source is silent of."""
    data = _spoken(to_json(document))
    data["definitions"] = {definition["name"]: definition for definition in data["definitions"]}
    return data


def _spoken(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _spoken(item) for key, item in value.items() if key not in SILENT}
    return [_spoken(item) for item in value] if isinstance(value, list | tuple) else value
