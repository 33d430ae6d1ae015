"""The inspector: every kind of node can be read and set there, undoably."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QPushButton, QRadioButton
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import PortShape, Problem, Shapes, TensorShape
from blockstudio.graph.edits import AddDefinition, AddNode, ChangeDefinition, Connect
from blockstudio.graph.model import (
    Call,
    CodeDefinition,
    Constant,
    Endpoint,
    Expression,
    Function,
    Graph,
    HyperParameter,
    If,
    Instance,
    Layer,
    Node,
    Port,
    Sequential,
    Unknown,
)
from blockstudio.gui.panels.form import Field, Section
from blockstudio.gui.panels.inspector import InspectorPanel
from blockstudio.gui.panels.inspector_nodes import NodeSheet
from blockstudio.gui.panels.option_editors import OptionRow
from blockstudio.gui.session import Session

from .inspecting import NET, enter, look, node, options, row, select


def test_an_option_is_set_and_undone(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    enter(qtbot, row(inspector, "out_features").field, "64")
    assert options(session, "head")["out_features"] == 64
    session.undo_stack.undo()
    look(qtbot)
    assert row(inspector, "out_features").field.text() == "20"


def test_a_wrong_value_is_marked_and_changes_nothing(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    line = row(inspector, "out_features")
    enter(qtbot, line.field, "many")
    assert options(session, "head")["out_features"] == 20
    assert line.field.property("state") == "error" and line.complaint.isVisible()
    qtbot.keyClick(line.field, Qt.Key.Key_Escape)
    assert line.field.text() == "20" and line.field.property("state") == ""


def test_an_expression_over_hyper_parameters(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(ChangeDefinition("Net", {"hyper_parameters": [HyperParameter("channels", "16")]}), "Add")
    select(session, qtbot, "head")
    enter(qtbot, row(inspector, "out_features").field, "channels*4")
    assert options(session, "head")["out_features"] == Expression("channels * 4")


def test_a_changed_option_is_marked_and_reset(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    bias = row(inspector, "bias")
    assert isinstance(bias.typed, QCheckBox) and bias.typed.isChecked() and bias.reset.isHidden()
    bias.typed.click()
    assert options(session, "head")["bias"] is False
    assert bias.label.font().bold() and not bias.reset.isHidden()
    bias.reset.click()
    assert "bias" not in options(session, "head") and bias.reset.isHidden()


def test_arrows_step_a_number(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    qtbot.keyClick(row(inspector, "out_features").field, Qt.Key.Key_Up)
    assert options(session, "head")["out_features"] == 21


def test_options_of_several_nodes_are_set_together(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(
        AddNode(NET, Layer(name="b", type="torch.nn.Linear", options={"in_features": 1, "out_features": 9})), ""
    )
    select(session, qtbot, "head", "b")
    line = row(inspector, "out_features")
    assert line.field.text() == "" and line.field.placeholderText()
    steps = session.undo_stack.count()
    enter(qtbot, line.field, "32")
    assert [options(session, name)["out_features"] for name in ("head", "b")] == [32, 32]
    assert session.undo_stack.count() == steps + 1


def test_a_rename_keeps_the_sheet(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    sheet = inspector.sheet
    assert isinstance(sheet, NodeSheet)
    enter(qtbot, sheet.name, "classifier")
    look(qtbot)
    assert session.selection == ("classifier",) and inspector.sheet is sheet
    again = node(session, "again")
    assert isinstance(again, Call) and again.layer == "classifier"


def test_a_bad_name_is_told_and_taken_back(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    assert isinstance(inspector.sheet, NodeSheet)
    with qtbot.waitSignal(session.message):
        enter(qtbot, inspector.sheet.name, "class")
    assert inspector.sheet.name.text() == "head"


def test_a_call_shows_the_options_of_its_layer(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "again")
    enter(qtbot, row(inspector, "out_features").field, "7")
    assert options(session, "head")["out_features"] == 7
    look(qtbot)
    own = next(b for b in inspector.findChildren(QPushButton) if "own" in b.text())
    own.click()
    assert isinstance(node(session, "again"), Layer)


def test_a_constant_is_an_expression(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "mask")
    enter(qtbot, row(inspector, "value").field, "torch.eye(20)")
    mask = node(session, "mask")
    assert isinstance(mask, Constant) and mask.value == "torch.eye(20)"
    saved = next(box for box in inspector.findChildren(QCheckBox) if "Saved" in box.text())
    saved.click()
    mask = node(session, "mask")
    assert isinstance(mask, Constant) and not mask.persistent


def test_the_rounds_of_a_repeat(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "loop")
    enter(qtbot, row(inspector, "count").field, "5")
    assert getattr(node(session, "loop"), "count", None) == 5
    next(box for box in inspector.findChildren(QRadioButton) if "The same" in box.text()).click()
    assert getattr(node(session, "loop"), "shared", None) is True
    next(b for b in inspector.findChildren(QPushButton) if b.text().startswith("Open body")).click()
    assert session.location == NET.enter("loop", "body")


def test_an_operand_that_may_be_wired_may_lack_a_value(
    inspector: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.push(AddNode(NET, Function(name="plus", type="operator.add", options={"other": 1})), "Add")
    select(session, qtbot, "plus")
    field = row(inspector, "other").field
    field.clear()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "other" not in options(session, "plus")


@pytest.mark.parametrize(
    "added",
    [
        Layer(name="n", type="torch.nn.LSTM", options={"input_size": 3, "hidden_size": 4}),
        Layer(name="n", type="torch.nn.NoSuchLayer", options={"a": 1}),
        Function(name="n", type="torch.nn.functional.relu"),
        If(name="n", condition=Graph(), then=Graph(), otherwise=Graph()),
        Instance(name="n", definition="Gone"),
        Unknown(name="n", data={"kind": "future"}),
    ],
    ids=lambda node: f"{node.kind}",
)
def test_every_kind_of_node_has_a_sheet(added: Node, inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddNode(NET, added), "Add")
    select(session, qtbot, "n")
    assert isinstance(inspector.sheet, NodeSheet)
    assert inspector.sheet.name.text() == "n"
    assert all(
        label.text() for label in inspector.findChildren(QLabel) if label.isVisible() and label.pixmap().isNull()
    )


def test_every_entry_of_the_catalog_has_an_editor(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    from blockstudio.catalog.catalog import catalog

    for entry in catalog().entries[::7]:
        kind = Layer if entry.kind == "layer" else Function
        session.push(AddNode(NET, kind(name="n", type=entry.type, options=entry.fresh_options())), "Add")
        select(session, qtbot, "n")
        assert len(inspector.findChildren(OptionRow)) >= len(entry.options)
        session.undo_stack.undo()
        look(qtbot)


def test_shapes_and_problems_of_a_node(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    session.set_shapes(Shapes(1, (PortShape("Net/head", "output", TensorShape((2, 20), "float32")),), ()))
    session.set_diagnostics([Problem("shape", "error", "Net/head", "It does not fit.", {})])
    look(qtbot)
    texts = [label.text() for label in inspector.findChildren(QLabel)]
    assert "(2, 20) float32" in texts and "It does not fit." in texts


def test_an_instance_leads_to_its_code(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(
        AddDefinition(CodeDefinition("Mine", "class Mine(nn.Module):\n    def forward(self, x): return x\n")), ""
    )
    session.push(AddNode(NET, Instance(name="mine", definition="Mine")), "Add")
    select(session, qtbot, "mine")
    with qtbot.waitSignal(session.code_requested):
        next(b for b in inspector.findChildren(QPushButton) if b.text() == "Edit the code").click()


def test_what_is_typed_does_not_go_to_another_node(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(
        AddNode(NET, Layer(name="b", type="torch.nn.Linear", options={"in_features": 1, "out_features": 9})), ""
    )
    select(session, qtbot, "head")
    field = row(inspector, "out_features").field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "77")
    select(session, qtbot, "b")
    assert options(session, "b")["out_features"] == 9 and field.text() == "9"


def test_sections_fold(inspector: InspectorPanel, qtbot: QtBot) -> None:
    section = inspector.findChildren(Section)[0]
    section.header.click()
    assert not section.body.isVisible()
    section.header.click()
    assert section.body.isVisible()


def test_a_node_is_bypassed(session: Session, inspector: InspectorPanel, qtbot: QtBot) -> None:
    session.push(AddNode(NET, Layer(name="act", type="torch.nn.ReLU")), "")
    session.select(("act",))
    look(qtbot)
    box = next(box for box in inspector.findChildren(QCheckBox) if box.text() == "Bypassed")
    box.click()
    assert session.graph.nodes["act"].bypassed
    session.undo_stack.undo()
    look(qtbot)
    assert not session.graph.nodes["act"].bypassed


def test_tab_goes_from_value_to_value(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddNode(NET, Layer(name="out", type="torch.nn.Linear")), "Add")
    select(session, qtbot, "out")
    field = row(inspector, "in_features").field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "256")
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    look(qtbot)
    assert row(inspector, "out_features").field.hasFocus()
    assert options(session, "out")["in_features"] == 256
    buttons = []
    for _ in range(12):
        focus = QApplication.focusWidget()
        assert focus is not None
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
        buttons.append(QApplication.focusWidget())
    assert row(inspector, "in_features").expose in buttons  # the keyboard reaches them all the same


def test_a_sequential_counts_what_was_put_into_it(inspector: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddNode(NET, Sequential(name="net", body=Graph([Port("input")], [Port("output")]))), "Add")
    select(session, qtbot, "net")
    session.push(AddNode(NET.enter("net", "body"), Layer(name="act", type="torch.nn.ReLU")), "Add")
    look(qtbot)
    assert "Open layers · 1 node" in [button.text() for button in inspector.findChildren(QPushButton)]


def test_inside_a_sequential_nothing_false_is_said_of_ports(
    inspector: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.push(AddNode(NET, Sequential(name="net", body=Graph())), "Add")
    session.enter_node("net")
    look(qtbot)
    assert [field.text() for field in inspector.findChildren(Field)] == ["input", "output"]
    assert not [label for label in inspector.findChildren(QLabel) if label.text().startswith("None")]


@pytest.mark.parametrize(
    ("options", "said"), [({}, "reads 7 sequences of 2 steps"), ({"batch_first": True}, "reads 2 sequences of 7 steps")]
)
def test_it_says_how_sequences_are_read(
    inspector: InspectorPanel, session: Session, qtbot: QtBot, options: dict[str, bool], said: str
) -> None:
    rnn = Layer(name="rnn", type="torch.nn.LSTM", options={"input_size": 20, "hidden_size": 8, **options})
    session.push(AddNode(NET, rnn), "Add")
    session.push(Connect(NET, Endpoint("rnn", "input"), Endpoint("", "x")), "Wire")
    select(session, qtbot, "rnn")

    def texts(*sizes: int) -> str:
        session.set_shapes(Shapes(1, (PortShape("Net", "x", TensorShape(sizes, "float32")),), ()))
        look(qtbot)
        return "\n".join(label.text() for label in inspector.findChildren(QLabel) if label.isVisibleTo(inspector))

    assert said in texts(2, 7, 20)
    assert "sequences of" not in texts(7, 20)
