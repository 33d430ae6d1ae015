"""The garbage collector is held back for a while, and comes back."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from blockstudio.collecting import uncollected
from blockstudio.compiler import compile_document
from tests.compiler import models


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    gc.enable()
    yield
    gc.disable()


def test_it_is_off_inside_and_on_again() -> None:
    assert uncollected(gc.isenabled)() is False
    assert gc.isenabled()


def test_it_comes_back_after_an_exception() -> None:
    with pytest.raises(ZeroDivisionError):
        uncollected(lambda: 1 / 0)()
    assert gc.isenabled()


def test_whoever_switched_it_off_finds_it_off() -> None:
    gc.disable()
    uncollected(int)()
    assert not gc.isenabled()


def test_compiling_leaves_it_on() -> None:
    compile_document(models.mlp())
    assert gc.isenabled()
