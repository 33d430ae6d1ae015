"""What stands between square brackets, as text."""

from __future__ import annotations

from typing import Any

from blockstudio.runtime.importing.notes import Untraceable


def index_text(index: Any) -> str:
    """The text of an index of plain numbers, slices, `...` and None; Untraceable for any other."""
    if isinstance(index, tuple) and index:
        return ", ".join(map(_part, index)) + ("," if len(index) == 1 else "")
    return _part(index)


def _part(part: Any) -> str:
    if part is Ellipsis:
        return "..."
    if isinstance(part, slice):
        start, stop = _bound(part.start), _bound(part.stop)
        return f"{start}:{stop}" + (f":{_bound(part.step)}" if part.step is not None else "")
    if part is None or type(part) in (int, bool, str):
        return repr(part)
    if isinstance(part, list | tuple) and all(type(item) is int for item in part):
        return repr(list(part))
    raise Untraceable("the index is worked out when it runs")


def _bound(value: Any) -> str:
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    raise Untraceable("the index is worked out when it runs")
