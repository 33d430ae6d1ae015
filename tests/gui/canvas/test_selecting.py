"""Selecting by kind and along the wires, and with a lasso."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt

from blockstudio.graph.model import Call
from blockstudio.gui.canvas.facts.keys import Key

from .conftest import Desk

ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | SHIFT
X, Y = Key("input", "x"), Key("output", "y")


def names(desk: Desk) -> set[str]:
    return {key.name for key in desk.scene.selection}


def test_everything_and_the_rest(net: Desk) -> None:
    net.key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert names(net) == {"x", "linear", "relu", "linear_2", "y"}
    net.select("relu")
    net.key(Qt.Key.Key_A, CTRL_SHIFT)
    assert names(net) == {"x", "linear", "linear_2", "y"}


def test_all_of_a_type_and_the_calls_of_its_layers(net: Desk) -> None:
    net.select("linear")
    net.canvas.duplicate("shared")
    (call,) = net.selected()
    assert isinstance(net.graph.nodes[call], Call)
    net.select("linear_2")
    net.key(Qt.Key.Key_G, SHIFT)
    assert net.selected() == {"linear", "linear_2", call}


def test_up_and_down_the_wires(net: Desk) -> None:
    net.select("relu")
    net.key(Qt.Key.Key_U, SHIFT)
    assert names(net) == {"x", "linear", "relu"}
    net.select("relu")
    net.key(Qt.Key.Key_D, SHIFT)
    assert names(net) == {"relu", "linear_2", "y"}
    net.select("relu")
    net.key(Qt.Key.Key_L, SHIFT)
    assert names(net) == {"x", "linear", "relu", "linear_2", "y"}


def test_a_loose_node_hangs_together_with_nothing(net: Desk) -> None:
    net.canvas.add_entry("torch.nn.Tanh", net.canvas.mapToScene(QPoint(300, 500)))
    net.select("tanh")
    net.key(Qt.Key.Key_L, SHIFT)
    assert names(net) == {"tanh"}


def test_a_lasso_takes_what_it_goes_round(net: Desk) -> None:
    net.press(net.at(380, 60), modifiers=ALT)
    for place in ((560, 60), (560, 180), (380, 180), (380, 62)):
        net.hover(net.at(*place))
    assert net.scene.overlay.boundingRect().isValid()
    net.release(net.at(380, 62), modifiers=ALT)
    assert net.session.selection == ("relu",)
    assert not net.scene.overlay.boundingRect().isValid()
    assert net.steps() == 0


def test_escape_breaks_a_lasso_off(net: Desk) -> None:
    net.select("linear")
    net.drag(net.at(380, 60), net.at(560, 200), modifiers=ALT | SHIFT, let_go=False)
    net.key(Qt.Key.Key_Escape)
    net.release(net.at(560, 200))
    assert net.session.selection == ("linear",)
