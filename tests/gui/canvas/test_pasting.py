"""Python on the clipboard: layers land on the canvas, models can be imported or kept as a block."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from blockstudio.graph.model import Call, CodeDefinition, Endpoint, Expression, HyperParameter, Instance, Sequential
from blockstudio.gui.session import Message

from .conftest import Desk
from .hands import CONTROL

CLASS = """class Twice(nn.Module):
    def forward(self, x):
        return 2 * x
"""


def paste(desk: Desk, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    desk.key(Qt.Key.Key_V, CONTROL)


def test_a_line_of_a_model_becomes_a_layer_in_one_step(net: Desk) -> None:
    paste(net, "self.head = nn.Linear(10, 5, bias=False)")
    assert net.graph.nodes["head"].options == {"in_features": 10, "out_features": 5, "bias": False}  # type: ignore[attr-defined]
    assert net.selected() == {"head"} and net.steps() == 1
    net.undo_all()


def test_a_sequential_and_its_lines(net: Desk) -> None:
    paste(net, "nn.Sequential(nn.Linear(20, 256), nn.ReLU(), nn.Linear(256, 10))")
    node = net.graph.nodes["sequential"]
    assert isinstance(node, Sequential) and list(node.body.nodes) == ["linear", "relu", "linear_2"]
    paste(net, "nn.Linear(20, 256),\nnn.Tanh(),")
    assert net.graph.source_of("tanh", "input") == Endpoint("linear_3", "output")
    net.session.enter_node("sequential")
    net.check()
    paste(net, "nn.Linear(10, 3),\nnn.Sigmoid(),")
    assert list(net.graph.nodes)[-2:] == ["linear_3", "sigmoid"]
    net.undo_all()


def test_expressions_follow_the_hyper_parameters_that_are_here(net: Desk) -> None:
    net.session.document.definition("Net").hyper_parameters.append(HyperParameter("width", "4"))
    paste(net, "nn.Linear(width, width * 2)")
    (name,) = net.selected()
    options = net.graph.nodes[name].options  # type: ignore[attr-defined]
    assert options == {"in_features": Expression("width"), "out_features": Expression("width * 2")}


def test_a_class_can_be_imported_or_kept_as_a_block(net: Desk) -> None:
    told: list[Message] = []
    net.session.message.connect(told.append)
    asked: list[str] = []
    net.session.import_requested.connect(asked.append)
    paste(net, f"```python\n{CLASS}```")
    assert net.steps() == 0
    actions = dict(told[-1].actions)
    assert list(actions) == ["Import…", "Add as a Python block"] and "Twice" in told[-1].text
    actions["Import…"]()
    assert asked == [f"from torch import nn\n\n{CLASS.strip()}\n"]
    actions["Add as a Python block"]()
    net.check()
    assert net.session.document.definitions["Twice"] == CodeDefinition("Twice", CLASS.strip())
    assert isinstance(net.graph.nodes["twice"], Instance)
    assert not net.session.trusted  # nobody has agreed to it
    net.undo_all()


def test_other_text_is_told_of(net: Desk) -> None:
    for text, said in (("Good morning", "neither blocks"), ("import torch\nx = 5", "no layer and no model")):
        paste(net, text)
        assert said in net.messages[-1]
    assert net.steps() == 0


def test_shared_layers_come_along(net: Desk) -> None:
    net.select("linear")
    net.duplicate_shared()
    net.select("linear", *net.selected())
    net.canvas.copy()
    text = QGuiApplication.clipboard().text()
    paste(net, f"Have a look:\n```json\n{text}```")
    calls = [node for node in net.graph.nodes.values() if isinstance(node, Call)]
    assert {call.layer for call in calls} == {"linear", "linear_4"}
    net.undo_all()
