"""Every action is found by its name, in English and Chinese, and done by Return."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from blockstudio.gui.actions import ACTIONS
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.settings import COLOR_SCHEME, RECENT_COMMANDS

from .conftest import compose, press

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def ask(window: MainWindow, text: str) -> list[str]:
    """Open the palette by its keys and type; what is found."""
    press(window, Qt.Key.Key_P, CTRL_SHIFT)
    assert window.search_popup.isVisible()
    if text.isascii():
        QTest.keyClicks(window.search_popup.field, text)
    else:  # comes from an input method, in one piece
        window.search_popup.field.insert(text)
    return [choice.payload for choice in window.search_popup.model.choices]


def take(window: MainWindow) -> None:
    QTest.keyClick(window.search_popup.field, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("undo", "undo"), ("撤销", "undo"), ("zoom in", "zoom_in"), ("放大", "zoom_in"), ("eval()", "training")],
)
def test_words_of_both_languages_find(window: MainWindow, text: str, wanted: str) -> None:
    assert wanted in ask(window, text)[:3]


def test_every_action_is_listed_with_its_keys(window: MainWindow) -> None:
    listed = ask(window, "")
    assert set(listed) >= {spec.id for spec in ACTIONS if spec.id != "commands"}
    shown = {choice.payload: choice for choice in window.search_popup.model.choices}
    assert shown["save"].group == "Ctrl+S"
    assert shown["undo"].detail == "not possible now" and not shown["undo"].enabled
    assert listed.index("undo") > listed.index("save")


def test_return_does_it_and_what_was_done_comes_first(window: MainWindow, qtbot: QtBot) -> None:
    compose(window.session)
    window.canvas.setFocus()
    ask(window, "select all")
    take(window)
    assert set(window.session.selection) == {"hidden", "act", "out"}
    assert window.session.settings.get(RECENT_COMMANDS) == ["select_all"]
    assert window.focusWidget() is window.canvas
    assert ask(window, "")[0] == "select_all"


def test_what_is_not_possible_says_so(window: MainWindow) -> None:
    ask(window, "redo")
    take(window)
    assert "Redo" in window.messages.bars()[-1].message.text


def test_a_pane_is_brought_up(window: MainWindow) -> None:
    window.panes["code"].hide()
    assert "pane:code" in ask(window, "show code")[:2]
    window.search_popup.close_popup()
    ask(window, "show problems")
    take(window)
    assert window.panes["problems"].isVisible()


def test_escape_gives_the_keyboard_back(window: MainWindow) -> None:
    window.canvas.setFocus()
    ask(window, "zoom")
    QTest.keyClick(window.search_popup.field, Qt.Key.Key_Escape)
    assert not window.search_popup.isVisible()
    assert window.focusWidget() is window.canvas


def test_colours_and_languages_are_found_too(window: MainWindow) -> None:
    (payload, *_) = ask(window, "dark")
    take(window)
    assert window.session.settings.get(COLOR_SCHEME) == "dark"
    assert window.choices["Colours", "Dark"].isChecked()
    assert window.session.settings.get(RECENT_COMMANDS) == [payload]
    ask(window, "浅色")
    take(window)
    assert window.session.settings.get(COLOR_SCHEME) == "light"
    assert any("language" in found.lower() for found in ask(window, "中文"))
