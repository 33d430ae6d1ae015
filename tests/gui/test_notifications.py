"""The message bar."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from blockstudio.gui import notifications
from blockstudio.gui.notifications import MOST, MessageArea
from blockstudio.gui.session import Message


@pytest.fixture
def area(qtbot: QtBot) -> MessageArea:
    area = MessageArea()
    qtbot.addWidget(area)
    area.resize(700, 400)
    area.move(200, 200)  # away from the pointer: a message under it stays
    area.show()
    return area


def button(area: MessageArea, text: str) -> QPushButton:
    return next(b for b in area.findChildren(QPushButton) if b.text() == text)


def test_details_are_folded_away_and_copied(area: MessageArea) -> None:
    area.show_message(Message("It failed.", "error", "Traceback …"))
    (bar,) = area.bars()
    assert not bar.details.isVisible()
    button(area, "Details").click()
    assert bar.details.isVisible()
    next(b for b in area.findChildren(QToolButton) if b.toolTip().startswith("Copy")).click()
    assert QGuiApplication.clipboard().text() == "It failed.\n\nTraceback …"


def test_an_action_is_done_and_closes_the_message(area: MessageArea) -> None:
    done = []
    area.show_message(Message("Restore?", "warning", actions=(("Restore", lambda: done.append(1)),)))
    button(area, "Restore").click()
    assert done == [1] and area.bars() == []


def test_the_same_message_is_shown_once(area: MessageArea) -> None:
    for number in range(3):
        area.show_message(Message(f"Try {number}", "error", key="try"))
    assert [bar.message.text for bar in area.bars()] == ["Try 2"]
    area.dismiss("try")
    assert area.bars() == []


def test_there_are_never_too_many(area: MessageArea) -> None:
    for number in range(9):
        area.show_message(Message(f"No. {number}", "error", key=str(number)))
    assert [bar.message.text for bar in area.bars()] == [f"No. {n}" for n in range(9 - MOST, 9)]


def test_news_goes_by_itself_and_errors_stay(area: MessageArea, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "BRIEFLY", 20)
    area.show_message(Message("Saved.", "success", key="a"))
    area.show_message(Message("It failed.", "error", key="b"))
    qtbot.waitUntil(lambda: [bar.message.text for bar in area.bars()] == ["It failed."])


def test_markup_in_a_message_is_text(area: MessageArea) -> None:
    area.show_message(Message("<b>bold</b> & <img src=x>", "info"))
    assert area.bars()[0].accessibleName().endswith("<b>bold</b> & <img src=x>")


def test_a_click_leaves_the_keyboard_where_the_user_works(qtbot: QtBot) -> None:
    window, done = QWidget(), []
    column = QVBoxLayout(window)
    area, work, other = MessageArea(), QLineEdit(), QLineEdit()
    for widget in (area, work, other):
        column.addWidget(widget)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    work.setFocus()
    area.show_message(Message("Restore?", "warning", actions=(("Restore", lambda: done.append(1)),)))
    qtbot.mouseClick(button(area, "Restore"), Qt.MouseButton.LeftButton)
    assert done == [1]
    qtbot.waitUntil(work.hasFocus)
