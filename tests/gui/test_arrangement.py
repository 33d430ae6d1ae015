"""The panes of the window: room for all of them, kept from one time to the next, and the way round them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QTabBar
from pytestqt.qtbot import QtBot

from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.session import Session
from tests.gui.conftest import compose

CTRL = Qt.KeyboardModifier.ControlModifier


def test_a_window_that_comes_out_narrow_has_the_panes_of_a_narrow_one(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1400, 900)
    window.arrangement.reset()
    assert not window.tabifiedDockWidgets(window.panes["tensor"])
    window.resize(1024, 680)
    window.arrangement.resize()  # as when it is painted first
    assert window.panes["parameters"] in window.tabifiedDockWidgets(window.panes["tensor"])


def test_panes_and_canvas_shrink_and_grow_together(window: MainWindow) -> None:
    window.resize(1600, 1000)
    window.arrangement.reset()
    QApplication.processEvents()
    middle, pane = window.split, window.panes["tensor"]
    before = middle.height(), pane.height()
    for height in (*range(990, 670, -10), 680):
        window.resize(1600, height)
        QApplication.processEvents()
    assert pane.height() < 0.75 * before[1]
    assert middle.height() > 0.5 * before[0]
    window.resize(1600, 1000)
    QApplication.processEvents()
    assert abs(middle.height() - before[0]) < 5 and abs(pane.height() - before[1]) < 5


def test_the_arrangement_is_kept(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    window.panes["palette"].close()
    window.close()
    again = MainWindow(session)
    qtbot.addWidget(again)
    again.show()
    assert again.panes["palette"].isHidden()
    again.actions_by_id["reset_panes"].trigger()
    assert not again.panes["palette"].isHidden()


def test_the_canvas_gets_all_the_room_and_gives_it_back(window: MainWindow, qtbot: QtBot) -> None:
    window.panes["palette"].close()
    window.panes["run"].bring_up()
    qtbot.waitUntil(lambda: window.panes["run"].in_front)
    QApplication.processEvents()
    before, wide = {n: (p.isHidden(), p.in_front) for n, p in window.panes.items()}, window.canvas.width()
    high = window.canvas.height()
    window.actions_by_id["canvas_only"].trigger()
    assert all(pane.isHidden() for pane in window.panes.values())
    qtbot.waitUntil(lambda: window.canvas.width() > wide + 200)
    window.actions_by_id["canvas_only"].trigger()
    qtbot.waitUntil(lambda: {n: (p.isHidden(), p.in_front) for n, p in window.panes.items()} == before)
    qtbot.waitUntil(lambda: abs(window.canvas.width() - wide) < 5)
    qtbot.waitUntil(lambda: abs(window.canvas.height() - high) < 5)


def test_panes_that_are_put_away_are_there_the_next_time(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    window.actions_by_id["canvas_only"].trigger()
    window.close()
    again = MainWindow(session)
    qtbot.addWidget(again)
    again.show()
    assert not again.panes["palette"].isHidden()
    for pane in again.panes.values():
        pane.close()
    again.actions_by_id["canvas_only"].trigger()  # nothing to put away, nothing to bring back
    assert not again.panes["palette"].isHidden()


def test_f6_goes_round_the_panes(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.canvas.setFocus()
    seen = set()
    for _ in range(8):
        window.actions_by_id["next_pane"].trigger()
        focus = QApplication.focusWidget()
        seen |= {name for name, pane in window.panes.items() if focus and pane.isAncestorOf(focus)}
    assert {"palette", "inspector"} <= seen


@pytest.mark.parametrize("size", [(1024, 700), (1920, 1100)])
def test_nothing_is_wider_than_its_pane(size: tuple[int, int], window: MainWindow, session: Session) -> None:
    window.resize(*size)
    window.arrangement.reset()
    compose(session)
    session.select(("hidden",))
    QApplication.processEvents()
    area = window.inspector_panel.area
    sheet = area.widget()
    assert sheet is not None and sheet.width() <= area.viewport().width()
    assert window.width() == size[0]
    assert window.canvas.height() > 150 and window.canvas.width() > 300


def test_a_window_of_the_same_arrangement_has_each_tab_bar_once(
    window: MainWindow, session: Session, qapp: QApplication, qtbot: QtBot
) -> None:
    window.arrangement.keep()
    again = MainWindow(session)
    again.resize(1300, 850)
    again.show()
    qtbot.waitUntil(lambda: again.late.complete)
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    first, second = (
        sorted(bar.count() for bar in shown.findChildren(QTabBar, options=direct) if bar.isVisible() and bar.x() >= 0)
        for shown in (window, again)
    )
    assert first == second
    again.close()
    again.deleteLater()
    qapp.sendPostedEvents(None, 52)
