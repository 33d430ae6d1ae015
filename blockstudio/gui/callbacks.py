"""Callbacks that outlive what they belong to: a window may be closed while it waits for an answer."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import MethodType
from typing import Any

import shiboken6
from PySide6.QtCore import QObject


def guarded(callback: Callable[[Any], None] | None) -> Callable[[Any], None] | None:
    """The callback, made harmless once a Qt object it belongs to or has in its closure is deleted."""
    if callback is None:
        return None
    if isinstance(callback, MethodType) and isinstance(callback.__self__, QObject):
        # A widget that is closed while it waits is not to be kept alive by that.
        method = weakref.WeakMethod(callback)

        def call(result: Any) -> None:
            bound = method()
            if bound is not None and shiboken6.isValid(bound.__self__):
                bound(result)

        return call
    cells = [cell.cell_contents for cell in getattr(callback, "__closure__", None) or () if _filled(cell)]
    objects = [content for content in cells if isinstance(content, QObject)]

    def call_closure(result: Any) -> None:
        if all(shiboken6.isValid(each) for each in objects):
            callback(result)

    return call_closure if objects else callback


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises where it is empty
    except ValueError:
        return False
    return True
