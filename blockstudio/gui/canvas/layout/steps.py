"""Long work in steps, between which other work may be done."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Steps = Generator[None, None, T]
"""Each takes well under a hundredth of a second, where that is possible; the result is returned."""


def at_once(steps: Steps[T]) -> T:
    """The result, with nothing done meanwhile."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
