"""Work in a thread: told in order and in the thread of the window, and to nobody where the owner is gone."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from blockstudio.gui.background import Background


def fail() -> None:
    raise ZeroDivisionError


def test_answers_come_in_the_order_of_the_questions_in_the_thread_of_the_window(qtbot: QtBot) -> None:
    owner = QObject()
    background = Background(owner)
    told: list[tuple[Any, threading.Thread]] = []
    worked: list[threading.Thread] = []

    def work(number: int) -> int:
        worked.append(threading.current_thread())
        return number

    for number in range(20):
        background.run(lambda n=number: work(n), lambda n: told.append((n, threading.current_thread())))
    qtbot.waitUntil(lambda: len(told) == 20)
    assert told == [(number, threading.main_thread()) for number in range(20)]
    assert threading.main_thread() not in worked


def test_what_goes_wrong_is_told_to_who_asked(qtbot: QtBot) -> None:
    owner = QObject()
    background = Background(owner)
    told: list[Any] = []
    background.run(fail, told.append, lambda error: told.append(type(error)))
    background.run(lambda: ValueError("an answer"), lambda answer: told.append(str(answer)))
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told == [ZeroDivisionError, "an answer"]


def test_a_fault_of_the_program_is_not_swallowed(qtbot: QtBot) -> None:
    owner = QObject()
    with qtbot.captureExceptions() as raised:
        Background(owner).run(fail, lambda _: None)
        qtbot.waitUntil(lambda: bool(raised))
    assert raised[0][0] is ZeroDivisionError


@pytest.mark.parametrize("work", [lambda: 1, fail])
def test_an_owner_that_goes_while_the_thread_works_is_told_nothing(work: Any, qtbot: QtBot) -> None:
    owner = QObject()
    background = Background(owner)
    told: list[Any] = []
    begun = threading.Event()

    def wait_and_work() -> Any:
        begun.set()
        while shiboken6.isValid(background):
            time.sleep(0.001)
        return work()

    with qtbot.captureExceptions() as raised:
        background.run(wait_and_work, told.append, told.append)
        begun.wait()
        shiboken6.delete(owner)
        QApplication.processEvents()
    assert told == [] and raised == []
