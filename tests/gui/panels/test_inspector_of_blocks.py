"""The inspector of a block: its ports, its hyper-parameters, and what decides in it."""

from __future__ import annotations

import pytest
from attrs import evolve
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QSpinBox
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import PortShape, Shapes, TensorShape
from blockstudio.graph.commands import new_control_flow
from blockstudio.graph.control_commands import condition_of, is_by_mode
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddDefinition, AddNode, ChangeDefinition
from blockstudio.graph.model import (
    Definition,
    Expression,
    Graph,
    HyperParameter,
    If,
    Instance,
    Layer,
    Port,
    Repeat,
    Sequential,
)
from blockstudio.gui.panels.form import Field
from blockstudio.gui.panels.inspector import InspectorPanel
from blockstudio.gui.panels.inspector_block import BlockSheet
from blockstudio.gui.panels.inspector_ports import PortSheet
from blockstudio.gui.panels.option_editors import OptionRow
from blockstudio.gui.session import Session

from .inspecting import NET, enter, look, node, row, select, texts


def test_ports_are_renamed_added_and_removed(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.enter(Location("Block"))
    look(qtbot)
    sheet = inspector.sheet
    assert isinstance(sheet, BlockSheet)
    sheet.inputs.add_one()
    look(qtbot)
    assert [port.name for port in session.graph.inputs] == ["x", "x2"]
    enter(qtbot, sheet.inputs.findChildren(Field)[0], "features")
    look(qtbot)
    assert [port.name for port in session.graph.inputs] == ["features", "x2"]
    assert session.document.graph(NET).source_of("one", "features") is not None


def test_a_selected_input_has_an_example(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.select((), (("inputs", "x"),))
    look(qtbot)
    sheet = inspector.sheet
    assert isinstance(sheet, PortSheet) and sheet.example is not None
    assert sheet.example.shape.text() == "2, 20"
    enter_text = "4, 20"
    sheet.example.shape.setText(enter_text)
    sheet.example.shape.editingFinished.emit()
    example = session.graph.inputs[0].example
    assert example is not None and example.shape == (4, 20)


def test_hyper_parameters(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    assert isinstance(inspector.sheet, BlockSheet)
    listed = inspector.sheet.hyper_parameters
    listed.add_one()
    look(qtbot)
    name, default, doc = listed.findChildren(Field)
    enter(qtbot, name, "channels")
    look(qtbot)
    name, default, doc = [field for field in listed.findChildren(Field) if field.isVisible()]
    enter(qtbot, default, "8 * 4")
    enter(qtbot, doc, "width of the net")
    assert session.definition.hyper_parameters == [HyperParameter("channels", "8 * 4", "width of the net")]
    enter(qtbot, default, "open('x')")
    assert default.property("state") == "error"
    assert session.definition.hyper_parameters[0].default == "8 * 4"


def test_the_block_is_renamed(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    assert isinstance(inspector.sheet, BlockSheet)
    enter(qtbot, inspector.sheet.name, "Main")
    assert session.document.root == "Main" and session.location == Location("Main")


def test_a_block_with_one_use_is_used_once(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddDefinition(Definition("Single")), "New block")
    session.push(AddNode(NET, Instance(name="single", definition="Single")), "Add")
    session.enter_node("single")
    look(qtbot)
    assert "used once" in {label.text() for label in inspector.findChildren(QLabel)}


def test_the_block_itself_is_shown_when_nothing_is_selected(inspector: InspectorPanel, session: Session) -> None:
    assert isinstance(inspector.sheet, BlockSheet)
    assert inspector.sheet.name.text() == "Net"


def test_an_option_becomes_a_hyper_parameter_with_one_click(
    session: Session, inspector: InspectorPanel, qtbot: QtBot
) -> None:
    node = Layer(name="fc", type="torch.nn.Linear", options={"in_features": 20, "out_features": 10})
    session.push(AddNode(NET, node), "")
    session.select(("fc",))
    look(qtbot)
    line = row(inspector, "out_features")
    assert line.expose.isVisible()
    qtbot.mouseClick(line.expose, Qt.MouseButton.LeftButton)
    look(qtbot)
    assert session.definition.hyper_parameters == [HyperParameter("out_features", "10")]
    line = row(inspector, "out_features")
    assert line.field.text() == "out_features" and not line.expose.isVisible()
    enter(qtbot, line.field, "out_features * 2")
    assert session.graph.nodes["fc"].options["out_features"] == Expression("out_features * 2")  # type: ignore[attr-defined]


def test_an_if_is_decided_by_an_expression(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddNode(NET, new_control_flow("if", "choice")), "Add")
    parameters = [HyperParameter("stride", "1")]
    session.push(ChangeDefinition("Net", {"hyper_parameters": parameters}), "Add")
    select(session, qtbot, "choice")
    enter(qtbot, row(inspector, "condition").field, "stride != 1")
    shown = node(session, "choice")
    assert isinstance(shown, If) and condition_of(shown) == Expression("stride != 1")
    assert row(inspector, "condition").field.text() == "stride != 1"
    session.undo_stack.undo()
    look(qtbot)
    assert row(inspector, "condition").field.text() == ""


@pytest.mark.parametrize(
    ("shared", "said"), [(False, "for each round when the model is built"), (True, "in each round")]
)
def test_an_if_is_decided_by_the_number_of_the_round(
    inspector: InspectorPanel, session: Session, qtbot: QtBot, shared: bool, said: str
) -> None:
    rounds = new_control_flow("repeat", "rounds")
    assert isinstance(rounds, Repeat)
    rounds.body.nodes["choice"] = new_control_flow("if", "choice")
    session.push(AddNode(NET, evolve(rounds, shared=shared)), "Add")
    session.enter(NET.enter("rounds", "body"))
    select(session, qtbot, "choice")
    enter(qtbot, row(inspector, "condition").field, "i == 0")
    assert f"Decided {said}" in texts(inspector)


def test_an_if_is_decided_by_the_mode(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddNode(NET, new_control_flow("if", "choice")), "Add")
    select(session, qtbot, "choice")
    box = next(box for box in inspector.findChildren(QCheckBox) if box.text() == "In training" and box.isVisible())
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    shown = node(session, "choice")
    assert isinstance(shown, If) and is_by_mode(shown)
    assert box.isChecked() and not any(row.isVisible() for row in inspector.findChildren(OptionRow))
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    shown = node(session, "choice")
    assert isinstance(shown, If) and condition_of(shown) is True
    assert row(inspector, "condition").field.text() == "True"


def test_in_a_sequential_the_order_tells_what_comes_in(
    inspector: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    children = {
        name: Layer(name=name, type=f"torch.nn.{kind}") for name, kind in (("norm", "LayerNorm"), ("act", "ReLU"))
    }
    session.push(AddNode(NET, Sequential(name="net", body=Graph([Port("input")], [Port("output")], children))), "Add")
    body = NET.enter("net", "body")
    shapes = [
        PortShape("Net/net.body", "input", TensorShape((2, 20))),
        PortShape("Net/net.body/norm", "output", TensorShape((2, 21))),
        PortShape("Net/net.body/act", "output", TensorShape((2, 22))),
    ]
    session.set_shapes(Shapes(1, tuple(shapes), ()))
    session.enter(body)
    look(qtbot)
    assert "(2, 22)" in texts(inspector) and "not wired" not in texts(inspector)
    for name, shape in (("norm", "(2, 20)"), ("act", "(2, 21)")):
        select(session, qtbot, name)
        assert shape in texts(inspector) and "not wired" not in texts(inspector)


def test_sizes_of_other_uses_or_of_the_other_mode_stand_beside(
    inspector: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.set_shapes(Shapes(1, (PortShape("Net", "x", TensorShape((2, 20), "float32", text="2×40")),), ()))
    session.select((), (("inputs", "x"),))
    look(qtbot)
    assert "(2, 20) float32 also 2×40" in texts(inspector)
    (target,) = [target for target, source in session.graph.edges.items() if source == ("", "x")]
    session.select((), (), (target,))
    look(qtbot)
    assert "(2, 20) also 2×40" in texts(inspector)


def test_a_block_that_becomes_the_root_has_the_sheet_of_a_root(
    inspector: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    """As when a block is looked at and a project is opened whose model has its name."""
    session.push(AddDefinition(Definition("Inner")), "Add")
    session.enter(Location("Inner"))
    look(qtbot)
    assert not inspector.findChildren(QSpinBox, "seed")
    session.replace(Document("Inner", {"Inner": Definition("Inner")}))
    look(qtbot)
    assert session.location == Location("Inner")
    assert inspector.findChildren(QSpinBox, "seed")


def test_a_wheel_that_scrolls_the_inspector_leaves_the_seed_alone(inspector: InspectorPanel, qtbot: QtBot) -> None:
    look(qtbot)
    (seed,) = inspector.findChildren(QSpinBox, "seed")
    place, none = QPointF(10.0, 10.0), QPoint()
    turned = QWheelEvent(
        place,
        QPointF(seed.mapToGlobal(place.toPoint())),
        none,
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(seed, turned)
    assert seed.value() == 0
    assert seed.lineEdit().textMargins().left() == 6  # in line with the fields of text


def test_what_a_sequential_holds_is_called_its_layers_inside_too(
    inspector: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.push(AddNode(NET, Sequential(name="net", body=Graph([Port("input")], [Port("output")]))), "Add")
    session.enter_node("net")
    look(qtbot)
    assert "its layers" in texts(inspector)
