"""Endless Python is ended, and nothing else is hit."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections import Counter
from random import random

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
    with pytest.raises(OutOfTime):
        TimeLimit(0.1).run(endless)  # type: ignore[arg-type]


def test_what_swallows_it_once_gets_it_again() -> None:
    def work() -> None:
        with contextlib.suppress(OutOfTime):
            forever()
        forever()

    with pytest.raises(OutOfTime):
        TimeLimit(0.05).run(work)


def test_in_another_thread() -> None:
    ended = []

    def work() -> None:
        try:
            TimeLimit(0.05).run(forever)
        except OutOfTime:
            ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert ended


def test_may_be_cut_short() -> None:
    limit = TimeLimit(3600)
    timer = threading.Timer(0.05, limit.cut)
    timer.start()
    with pytest.raises(OutOfTime):
        limit.run(forever)
    timer.join()


def test_what_ends_in_time_is_left_alone() -> None:
    assert TimeLimit(3600).run(lambda: sum(range(1000))) == 499_500
    assert not [thread for thread in threading.enumerate() if thread.name == "time limit"]


def test_no_exception_comes_behind_work_that_ends_as_its_time_does() -> None:
    seconds, outcomes = 0.001, Counter[str]()

    def work() -> None:
        end = time.perf_counter() + seconds * (0.9 + 0.2 * random())
        while time.perf_counter() < end:
            pass

    for _ in range(500):
        try:
            TimeLimit(seconds).run(work)
            outcomes["done"] += 1
        except OutOfTime:
            outcomes["out of time"] += 1
        sum(range(100))  # what is late comes here
    assert outcomes["done"] + outcomes["out of time"] == 500
    assert not [thread for thread in threading.enumerate() if thread.name == "time limit"]


def test_errors_go_through() -> None:
    def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        TimeLimit(1).run(work)


@pytest.mark.parametrize("seconds", [60.0, 0.05])
def test_a_profiler_works_afterwards(seconds: float) -> None:
    """In a process of its own, for it would hang for ever otherwise."""
    code = f"""
import sys
from blockstudio.runtime.time_limit import OutOfTime, TimeLimit

def work():
    while {seconds < 1}:
        pass

try:
    TimeLimit({seconds}).run(work)
except OutOfTime:
    pass

def profiled():
    return sum(range(10))

sys.setprofile(lambda *_: None)
for _ in range(100):
    profiled()
sys.setprofile(None)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
