"""The garbage collector, held back while many objects are made that stay, or called where it does no harm."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def uncollected(function: Callable[P, R]) -> Callable[P, R]:
    """The function, run without the collector: of a large model it would look at everything again and again."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        # Of two threads the one that switched it off switches it on again, whichever ends first.
        was_on = gc.isenabled()
        gc.disable()
        try:
            return function(*args, **kwargs)
        finally:
            if was_on:
                gc.enable()

    return run


def collect_if_due() -> None:
    """What the collector does by itself, in the thread of the caller."""
    counts, limits = gc.get_count(), gc.get_threshold()
    for generation in (2, 1, 0):
        if counts[generation] > limits[generation]:
            gc.collect(generation)
            return
