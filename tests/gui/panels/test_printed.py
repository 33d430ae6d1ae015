from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from blockstudio.gui.panels.printed import LONGEST_LINE, MOST_LINES, Lines, PrintedView
from blockstudio.gui.panels.run import RunPanel
from blockstudio.gui.session import Session
from tests.gui.panels.test_run import RESULT
from tests.helpers.engines import SilentKernel


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (["one\n", "two\n"], "one\ntwo"),
        (["he", "llo\n"], "hello"),
        (["10%\r20%\r", "30%"], "30%"),
        (["done\r\nnext"], "done\nnext"),
        (["\x1b[31mred\x1b[0m"], "red"),
        (["x" * 10_000], "x" * (LONGEST_LINE - 1) + "…"),
    ],
)
def test_lines_as_a_terminal_shows_them(texts: list[str], shown: str) -> None:
    lines = Lines()
    for text in texts:
        lines.feed(text)
    assert lines.text() == shown


def test_only_the_last_lines_are_held() -> None:
    lines = Lines()
    for number in range(100):
        lines.feed("".join(f"{number} {each}\n" for each in range(1000)))
    assert lines.text().endswith("99 999") and lines.text().count("\n") < MOST_LINES


def test_it_appears_in_the_run_panel_once_there_is_something(
    session: Session, kernel: SilentKernel, qtbot: QtBot
) -> None:
    panel = RunPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    tab = panel.tabs.indexOf(panel.printed)
    assert not panel.tabs.isTabVisible(tab)
    kernel.printed.emit("of a run that goes on\n")
    qtbot.waitUntil(panel.printed.isVisible)
    assert panel.printed.text.toPlainText() == "of a run that goes on"
    session.set_run_result(RESULT)
    assert panel.outputs.isVisible() and panel.tabs.isTabVisible(tab)
    session.set_run_result(None)
    assert panel.printed.isVisible()
    panel.printed.clear()
    assert panel.empty.isVisible() and not panel.tabs.isTabVisible(tab)


def test_what_is_being_read_stays_in_place(qtbot: QtBot) -> None:
    view = PrintedView()
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.show()
    bar = view.text.verticalScrollBar()
    with qtbot.waitSignal(view.filled):
        view.add("\n".join(map(str, range(100))))
    assert bar.value() == bar.maximum() > 0
    bar.setValue(10)
    with qtbot.waitSignal(view.filled):
        view.add("\nmore")
    assert bar.value() == 10
