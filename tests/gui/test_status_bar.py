"""The status bar tells the truth about problems, parameters and the engine."""

from __future__ import annotations

import pytest
from attrs import evolve
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import Problem
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.session import Session, new_document
from blockstudio.gui.status_bar import STATES, StatusBar
from tests.gui.conftest import compose
from tests.helpers.engines import row, table


@pytest.fixture
def bar(session: Session, qtbot: QtBot) -> StatusBar:
    bar = StatusBar(session)
    qtbot.addWidget(bar)
    bar.show()
    return bar


def test_an_empty_model_has_no_problems_to_speak_of(bar: StatusBar, session: Session) -> None:
    session.set_diagnostics([Problem("output.missing", "error", "Net", "Nothing feeds it.", {})])
    assert bar.problems.text() == "Empty model"
    compose(session)
    assert bar.problems.text() == "1 error"
    session.set_diagnostics([])
    assert bar.problems.text() == "No problems"
    session.replace(new_document())
    assert bar.problems.text() == "Empty model"


def test_problems_are_counted(bar: StatusBar, session: Session) -> None:
    compose(session)
    error = Problem("a", "error", "Net", "A.", {})
    warning = Problem("b", "warning", "Net", "B.", {})
    session.set_diagnostics([error, error, warning])
    assert bar.problems.text() == "2 errors, 1 warning"


def test_the_model_is_summed_up(bar: StatusBar, session: Session) -> None:
    assert bar.parameters.isHidden() and bar.device.isHidden()
    session.set_table(evolve(table(row("a", (20, 100))), training=False))
    assert "2,000" in bar.parameters.text() and bar.mode.text() == "eval" and bar.device.text() == "cpu"


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_the_engine_has_a_name(state: str, bar: StatusBar) -> None:
    bar.set_state(state)
    assert bar.engine.text() and bar.engine.toolTip()


def test_the_states_are_those_of_the_kernel() -> None:
    from typing import get_args

    from blockstudio.gui.kernel import State

    assert set(get_args(State)) == set(STATES)


def test_the_zoom_is_that_of_the_canvas_that_is_worked_in(window: MainWindow) -> None:
    bar, split = window.status, window.split
    window.canvas.set_view(QPointF(0, 0), 0.5)
    assert bar.zoom.text() == "50%"
    window.canvas.set_view(QPointF(0, 0), 1.0)
    split.toggle()
    assert split.second is not None
    split.second.canvas.set_view(QPointF(0, 0), 0.25)
    assert bar.zoom.text() == "100%"
    split.second.canvas.entered.emit()
    assert bar.zoom.text() == "25%"
    split.second.canvas.animated = False
    menu = bar.zoom.menu()
    assert menu is not None
    window.actions_by_id["zoom_reset"].trigger()
    assert window.actions_by_id["zoom_reset"] in menu.actions() and bar.zoom.text() == "100%"
