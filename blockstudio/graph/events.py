"""Who is told when the document changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import Factory, define

if TYPE_CHECKING:
    from blockstudio.graph.edits import Edit

Observer = Callable[["tuple[Edit, ...]"], None]


@define
class Observers:
    """Callables that get the leaf edits of each change after it is made."""

    _callables: list[Observer] = Factory(list)

    def add(self, observer: Observer) -> None:
        self._callables.append(observer)

    def remove(self, observer: Observer) -> None:
        self._callables.remove(observer)

    def notify(self, edits: tuple[Edit, ...]) -> None:
        for observer in tuple(self._callables):
            observer(edits)
