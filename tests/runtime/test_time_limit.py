"""Endless Python is ended, and nothing else is hit."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

from blockstudio.runtime.time_limit import OutOfTime, TimeLimit


def forever() -> None:
    while True:
        pass


def swallowing() -> None:
    while True:
        with contextlib.suppress(Exception):
            forever()


@pytest.mark.parametrize("endless", [forever, swallowing])
def test_is_ended(endless: object) -> None:
    with pytest.raises(OutOfTime), TimeLimit(0.1):
        endless()  # type: ignore[operator]


def test_what_swallows_it_once_gets_it_again() -> None:
    with pytest.raises(OutOfTime), TimeLimit(0.05):
        with contextlib.suppress(OutOfTime):
            forever()
        forever()


def test_in_another_thread() -> None:
    ended = []

    def work() -> None:
        try:
            with TimeLimit(0.05):
                forever()
        except OutOfTime:
            ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(3)
    assert ended


def test_what_ends_in_time_is_left_alone() -> None:
    for _ in range(5):
        with TimeLimit(0.05):
            sum(range(1000))
        time.sleep(0.06)
    sum(range(100_000))


def test_errors_go_through() -> None:
    with pytest.raises(ZeroDivisionError), TimeLimit(1):
        raise ZeroDivisionError
