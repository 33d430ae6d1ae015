"""Large graphs are laid out between the events of the window; what happens meanwhile is not lost, nor undone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from pytestqt.qtbot import QtBot

from blockstudio.graph.edits import AddNode, Connect, MoveNodes
from blockstudio.graph.model import Endpoint, Function
from blockstudio.gui.canvas.commands import tidy_up
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.canvas.layout.steps import at_once
from blockstudio.gui.canvas.scene.tidying import sheet, tidying
from blockstudio.gui.session import new_document
from tests.helpers.tidying import tidied

from .conftest import ROOT, Desk

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def slow(net: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Every graph is large, and there is time for one step between two events; all stands in disorder."""
    monkeypatch.setattr(tidy_up, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(tidy_up, "SLICE", 0.0)
    net.session.push(MoveNodes(ROOT, {"relu": (900.0, 700.0), "linear_2": (-300.0, 50.0)}), "Move")
    return net


def over(desk: Desk, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not desk.canvas.tidy_up.under_way)


def places(desk: Desk) -> dict[Key, tuple[float, float]]:
    return {item.key: (item.x(), item.y()) for item in desk.scene.things()}


def test_the_window_answers_meanwhile_and_it_is_one_step(slow: Desk, qtbot: QtBot) -> None:
    start, steps, wanted = slow.bytes(), slow.steps(), tidied(slow.scene).after
    events: list[bool] = []
    ticks = QTimer()
    ticks.timeout.connect(lambda: events.append(slow.canvas.tidy_up.under_way))
    ticks.start(0)
    slow.key(Qt.Key.Key_L, CTRL)
    assert slow.canvas.tidy_up.under_way and slow.bytes() == start
    over(slow, qtbot)
    ticks.stop()
    assert events.count(True) > 10
    assert places(slow) == wanted and slow.steps() == steps + 1
    slow.check()
    slow.session.undo_stack.undo()
    assert slow.bytes() == start


def test_what_is_changed_meanwhile_is_laid_out_with_the_rest(slow: Desk, qtbot: QtBot) -> None:
    steps = slow.steps()
    slow.canvas.tidy()
    qtbot.wait(1)
    for edit in (
        AddNode(ROOT, Function(name="tanh", type="torch.tanh", position=(10.0, 900.0))),
        Connect(ROOT, Endpoint("tanh", "input"), Endpoint("relu", "output")),
        Connect(ROOT, Endpoint("linear_2", "input"), Endpoint("tanh", "output")),
    ):
        slow.session.push(edit, "Make")
    over(slow, qtbot)
    assert slow.steps() == steps + 4
    xs = [slow.scene.nodes[name].x() for name in ("linear", "relu", "tanh", "linear_2")]
    assert xs == sorted(xs)
    slow.check()


def test_a_graph_that_is_left_meanwhile_stays_as_it_is(slow: Desk, qtbot: QtBot) -> None:
    start, steps = slow.bytes(), slow.steps()
    slow.select("linear", "relu")
    slow.canvas.group()
    grouped = slow.bytes()
    slow.canvas.tidy()
    slow.canvas.enter_selected()
    over(slow, qtbot)
    assert slow.bytes() == grouped and slow.steps() == steps + 1
    slow.session.undo_stack.undo()
    assert slow.bytes() == start


def test_another_document_is_left_alone(slow: Desk, qtbot: QtBot) -> None:
    slow.canvas.tidy()
    other = slow.show_document(new_document())
    over(slow, qtbot)
    assert slow.bytes() == other and slow.steps() == 0


def test_a_drag_is_finished_first(slow: Desk, qtbot: QtBot) -> None:
    steps, place = slow.steps(), slow.node("linear")
    slow.drag(place, place + QPoint(60, 90), let_go=False)
    slow.canvas.tidy_up.start(None, "Tidy up")
    qtbot.waitUntil(lambda: slow.canvas.tidy_up._found is not None)
    qtbot.wait(2 * tidy_up.PATIENCE)
    assert slow.canvas.tidy_up.under_way and slow.steps() == steps
    slow.release(place + QPoint(60, 90))
    over(slow, qtbot)
    assert slow.steps() == steps + 2
    assert places(slow) == tidied(slow.scene).after


def test_escape_lets_it_be(slow: Desk, qtbot: QtBot) -> None:
    start = slow.bytes()
    slow.canvas.tidy()
    slow.key(Qt.Key.Key_Escape)
    assert not slow.canvas.tidy_up.under_way
    qtbot.wait(50)
    assert slow.bytes() == start


def test_turning_is_one_step_all_the_same(slow: Desk, qtbot: QtBot) -> None:
    start, steps = slow.bytes(), slow.steps()
    for _ in range(2):  # there and back are two
        slow.canvas.turn()
        over(slow, qtbot)
    assert slow.steps() == steps + 2
    slow.session.undo_stack.undo()
    assert slow.scene.down
    slow.check()
    slow.session.undo_stack.undo()
    assert slow.bytes() == start


def test_the_layout_is_of_plain_data(net: Desk) -> None:
    """What the scene does after it was looked at makes no difference."""
    wanted = tidied(net.scene)
    steps = tidying(sheet(net.scene))
    next(steps)
    net.session.push(MoveNodes(ROOT, {"relu": (900.0, 700.0)}), "Move")
    assert at_once(steps) == wanted
