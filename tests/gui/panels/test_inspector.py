"""The inspector: every kind of node can be read and set there, undoably."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QPushButton, QRadioButton, QSpinBox
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import PortShape, Problem, Shapes, TensorShape
from blockstudio.graph.commands import new_control_flow
from blockstudio.graph.control_commands import condition_of, is_by_mode
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddDefinition, AddNode, ChangeDefinition, Connect
from blockstudio.graph.model import (
    Call,
    CodeDefinition,
    Constant,
    Definition,
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
from blockstudio.gui.panels.inspector_block import BlockSheet
from blockstudio.gui.panels.inspector_nodes import NodeSheet
from blockstudio.gui.panels.inspector_ports import PortSheet
from blockstudio.gui.panels.option_editors import OptionRow
from blockstudio.gui.session import Session

NET = Location("Net")


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> Iterator[InspectorPanel]:
    panel = InspectorPanel(session)
    qtbot.addWidget(panel)
    panel.resize(330, 700)
    panel.show()
    yield panel


def look(qtbot: QtBot) -> None:
    """Let what was put off until the events are done be done, however busy the machine is."""
    for _ in range(5):
        QApplication.processEvents()


def row(panel: InspectorPanel, name: str) -> OptionRow:
    return next(row for row in panel.findChildren(OptionRow) if row.option.name == name and not row.isHidden())


def enter(qtbot: QtBot, field: Field, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def node(session: Session, name: str) -> Node:
    return session.graph.nodes[name]


def options(session: Session, name: str) -> dict[str, object]:
    return dict(getattr(node(session, name), "options", {}))


def select(session: Session, qtbot: QtBot, *names: str) -> None:
    session.select(names)
    look(qtbot)


def test_the_block_itself_is_shown_when_nothing_is_selected(panel: InspectorPanel, session: Session) -> None:
    assert isinstance(panel.sheet, BlockSheet)
    assert panel.sheet.name.text() == "Net"


def test_an_option_is_set_and_undone(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    enter(qtbot, row(panel, "out_features").field, "64")
    assert options(session, "head")["out_features"] == 64
    session.undo_stack.undo()
    look(qtbot)
    assert row(panel, "out_features").field.text() == "20"


def test_a_wrong_value_is_marked_and_changes_nothing(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    line = row(panel, "out_features")
    enter(qtbot, line.field, "many")
    assert options(session, "head")["out_features"] == 20
    assert line.field.property("state") == "error" and line.complaint.isVisible()
    qtbot.keyClick(line.field, Qt.Key.Key_Escape)
    assert line.field.text() == "20" and line.field.property("state") == ""


def test_an_expression_over_hyper_parameters(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(ChangeDefinition("Net", {"hyper_parameters": [HyperParameter("channels", "16")]}), "Add")
    select(session, qtbot, "head")
    enter(qtbot, row(panel, "out_features").field, "channels*4")
    assert options(session, "head")["out_features"] == Expression("channels * 4")


def test_a_changed_option_is_marked_and_reset(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    bias = row(panel, "bias")
    assert isinstance(bias.typed, QCheckBox) and bias.typed.isChecked() and bias.reset.isHidden()
    bias.typed.click()
    assert options(session, "head")["bias"] is False
    assert bias.label.font().bold() and not bias.reset.isHidden()
    bias.reset.click()
    assert "bias" not in options(session, "head") and bias.reset.isHidden()


def test_arrows_step_a_number(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    qtbot.keyClick(row(panel, "out_features").field, Qt.Key.Key_Up)
    assert options(session, "head")["out_features"] == 21


def test_options_of_several_nodes_are_set_together(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(
        AddNode(NET, Layer(name="b", type="torch.nn.Linear", options={"in_features": 1, "out_features": 9})), ""
    )
    select(session, qtbot, "head", "b")
    line = row(panel, "out_features")
    assert line.field.text() == "" and line.field.placeholderText()
    steps = session.undo_stack.count()
    enter(qtbot, line.field, "32")
    assert [options(session, name)["out_features"] for name in ("head", "b")] == [32, 32]
    assert session.undo_stack.count() == steps + 1


def test_a_rename_keeps_the_sheet(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    sheet = panel.sheet
    assert isinstance(sheet, NodeSheet)
    enter(qtbot, sheet.name, "classifier")
    look(qtbot)
    assert session.selection == ("classifier",) and panel.sheet is sheet
    again = node(session, "again")
    assert isinstance(again, Call) and again.layer == "classifier"


def test_a_bad_name_is_told_and_taken_back(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    assert isinstance(panel.sheet, NodeSheet)
    with qtbot.waitSignal(session.message):
        enter(qtbot, panel.sheet.name, "class")
    assert panel.sheet.name.text() == "head"


def test_a_call_shows_the_options_of_its_layer(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "again")
    enter(qtbot, row(panel, "out_features").field, "7")
    assert options(session, "head")["out_features"] == 7
    look(qtbot)
    own = next(b for b in panel.findChildren(QPushButton) if "own" in b.text())
    own.click()
    assert isinstance(node(session, "again"), Layer)


def test_a_constant_is_an_expression(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "mask")
    enter(qtbot, row(panel, "value").field, "torch.eye(20)")
    mask = node(session, "mask")
    assert isinstance(mask, Constant) and mask.value == "torch.eye(20)"
    saved = next(box for box in panel.findChildren(QCheckBox) if "Saved" in box.text())
    saved.click()
    mask = node(session, "mask")
    assert isinstance(mask, Constant) and not mask.persistent


def test_the_rounds_of_a_repeat(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "loop")
    enter(qtbot, row(panel, "count").field, "5")
    assert getattr(node(session, "loop"), "count", None) == 5
    next(box for box in panel.findChildren(QRadioButton) if "The same" in box.text()).click()
    assert getattr(node(session, "loop"), "shared", None) is True
    next(b for b in panel.findChildren(QPushButton) if b.text().startswith("Open body")).click()
    assert session.location == NET.enter("loop", "body")


def test_an_operand_that_may_be_wired_may_lack_a_value(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddNode(NET, Function(name="plus", type="operator.add", options={"other": 1})), "Add")
    select(session, qtbot, "plus")
    field = row(panel, "other").field
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
def test_every_kind_of_node_has_a_sheet(added: Node, panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddNode(NET, added), "Add")
    select(session, qtbot, "n")
    assert isinstance(panel.sheet, NodeSheet)
    assert panel.sheet.name.text() == "n"
    assert all(label.text() for label in panel.findChildren(QLabel) if label.isVisible() and label.pixmap().isNull())


def test_every_entry_of_the_catalog_has_an_editor(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    from blockstudio.catalog.catalog import catalog

    for entry in catalog().entries[::7]:
        kind = Layer if entry.kind == "layer" else Function
        session.push(AddNode(NET, kind(name="n", type=entry.type, options=entry.fresh_options())), "Add")
        select(session, qtbot, "n")
        assert len(panel.findChildren(OptionRow)) >= len(entry.options)
        session.undo_stack.undo()
        look(qtbot)


def test_shapes_and_problems_of_a_node(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    select(session, qtbot, "head")
    session.set_shapes(Shapes(1, (PortShape("Net/head", "output", TensorShape((2, 20), "float32")),), ()))
    session.set_diagnostics([Problem("shape", "error", "Net/head", "It does not fit.", {})])
    look(qtbot)
    texts = [label.text() for label in panel.findChildren(QLabel)]
    assert "(2, 20) float32" in texts and "It does not fit." in texts


def test_ports_are_renamed_added_and_removed(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.enter(Location("Block"))
    look(qtbot)
    sheet = panel.sheet
    assert isinstance(sheet, BlockSheet)
    sheet.inputs.add_one()
    look(qtbot)
    assert [port.name for port in session.graph.inputs] == ["x", "x2"]
    enter(qtbot, sheet.inputs.findChildren(Field)[0], "features")
    look(qtbot)
    assert [port.name for port in session.graph.inputs] == ["features", "x2"]
    assert session.document.graph(NET).source_of("one", "features") is not None


def test_a_selected_input_has_an_example(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.select((), (("inputs", "x"),))
    look(qtbot)
    sheet = panel.sheet
    assert isinstance(sheet, PortSheet) and sheet.example is not None
    assert sheet.example.shape.text() == "2, 20"
    enter_text = "4, 20"
    sheet.example.shape.setText(enter_text)
    sheet.example.shape.editingFinished.emit()
    example = session.graph.inputs[0].example
    assert example is not None and example.shape == (4, 20)


def test_hyper_parameters(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    assert isinstance(panel.sheet, BlockSheet)
    listed = panel.sheet.hyper_parameters
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


def test_the_block_is_renamed(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    assert isinstance(panel.sheet, BlockSheet)
    enter(qtbot, panel.sheet.name, "Main")
    assert session.document.root == "Main" and session.location == Location("Main")


def test_a_block_with_one_use_is_used_once(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddDefinition(Definition("Single")), "New block")
    session.push(AddNode(NET, Instance(name="single", definition="Single")), "Add")
    session.enter_node("single")
    look(qtbot)
    assert "used once" in {label.text() for label in panel.findChildren(QLabel)}


def test_an_instance_leads_to_its_code(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(
        AddDefinition(CodeDefinition("Mine", "class Mine(nn.Module):\n    def forward(self, x): return x\n")), ""
    )
    session.push(AddNode(NET, Instance(name="mine", definition="Mine")), "Add")
    select(session, qtbot, "mine")
    with qtbot.waitSignal(session.code_requested):
        next(b for b in panel.findChildren(QPushButton) if b.text() == "Edit the code").click()


def test_what_is_typed_does_not_go_to_another_node(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(
        AddNode(NET, Layer(name="b", type="torch.nn.Linear", options={"in_features": 1, "out_features": 9})), ""
    )
    select(session, qtbot, "head")
    field = row(panel, "out_features").field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "77")
    select(session, qtbot, "b")
    assert options(session, "b")["out_features"] == 9 and field.text() == "9"


def test_sections_fold(panel: InspectorPanel, qtbot: QtBot) -> None:
    section = panel.findChildren(Section)[0]
    section.header.click()
    assert not section.body.isVisible()
    section.header.click()
    assert section.body.isVisible()


def test_an_option_becomes_a_hyper_parameter_with_one_click(
    session: Session, panel: InspectorPanel, qtbot: QtBot
) -> None:
    node = Layer(name="fc", type="torch.nn.Linear", options={"in_features": 20, "out_features": 10})
    session.push(AddNode(NET, node), "")
    session.select(("fc",))
    look(qtbot)
    line = row(panel, "out_features")
    assert line.expose.isVisible()
    qtbot.mouseClick(line.expose, Qt.MouseButton.LeftButton)
    look(qtbot)
    assert session.definition.hyper_parameters == [HyperParameter("out_features", "10")]
    line = row(panel, "out_features")
    assert line.field.text() == "out_features" and not line.expose.isVisible()
    enter(qtbot, line.field, "out_features * 2")
    assert session.graph.nodes["fc"].options["out_features"] == Expression("out_features * 2")  # type: ignore[attr-defined]


def test_an_if_is_decided_by_an_expression(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddNode(NET, new_control_flow("if", "choice")), "Add")
    parameters = [HyperParameter("stride", "1")]
    session.push(ChangeDefinition("Net", {"hyper_parameters": parameters}), "Add")
    select(session, qtbot, "choice")
    enter(qtbot, row(panel, "condition").field, "stride != 1")
    shown = node(session, "choice")
    assert isinstance(shown, If) and condition_of(shown) == Expression("stride != 1")
    assert row(panel, "condition").field.text() == "stride != 1"
    session.undo_stack.undo()
    look(qtbot)
    assert row(panel, "condition").field.text() == ""


def test_an_if_is_decided_by_the_mode(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddNode(NET, new_control_flow("if", "choice")), "Add")
    select(session, qtbot, "choice")
    box = next(box for box in panel.findChildren(QCheckBox) if box.text() == "In training" and box.isVisible())
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    shown = node(session, "choice")
    assert isinstance(shown, If) and is_by_mode(shown)
    assert box.isChecked() and not any(row.isVisible() for row in panel.findChildren(OptionRow))
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    shown = node(session, "choice")
    assert isinstance(shown, If) and condition_of(shown) is True
    assert row(panel, "condition").field.text() == "True"


def test_a_node_is_bypassed(session: Session, panel: InspectorPanel, qtbot: QtBot) -> None:
    session.push(AddNode(NET, Layer(name="act", type="torch.nn.ReLU")), "")
    session.select(("act",))
    look(qtbot)
    box = next(box for box in panel.findChildren(QCheckBox) if box.text() == "Bypassed")
    box.click()
    assert session.graph.nodes["act"].bypassed
    session.undo_stack.undo()
    look(qtbot)
    assert not session.graph.nodes["act"].bypassed


def test_tab_goes_from_value_to_value(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddNode(NET, Layer(name="out", type="torch.nn.Linear")), "Add")
    select(session, qtbot, "out")
    field = row(panel, "in_features").field
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "256")
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    look(qtbot)
    assert row(panel, "out_features").field.hasFocus()
    assert options(session, "out")["in_features"] == 256
    buttons = []
    for _ in range(12):
        focus = QApplication.focusWidget()
        assert focus is not None
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
        buttons.append(QApplication.focusWidget())
    assert row(panel, "in_features").expose in buttons  # the keyboard reaches them all the same


def test_in_a_sequential_the_order_tells_what_comes_in(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
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
    assert "(2, 22)" in texts(panel) and "not wired" not in texts(panel)
    for name, shape in (("norm", "(2, 20)"), ("act", "(2, 21)")):
        select(session, qtbot, name)
        assert shape in texts(panel) and "not wired" not in texts(panel)


def test_a_sequential_counts_what_was_put_into_it(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.push(AddNode(NET, Sequential(name="net", body=Graph([Port("input")], [Port("output")]))), "Add")
    select(session, qtbot, "net")
    session.push(AddNode(NET.enter("net", "body"), Layer(name="act", type="torch.nn.ReLU")), "Add")
    look(qtbot)
    assert "Open layers · 1 nodes" in [button.text() for button in panel.findChildren(QPushButton)]


def texts(panel: InspectorPanel) -> str:
    return " ".join(label.text() for label in panel.findChildren(QLabel) if not label.isHidden())


def test_a_block_that_becomes_the_root_has_the_sheet_of_a_root(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    """As when a block is looked at and a project is opened whose model has its name."""
    session.push(AddDefinition(Definition("Inner")), "Add")
    session.enter(Location("Inner"))
    look(qtbot)
    assert not panel.findChildren(QSpinBox, "seed")
    session.replace(Document("Inner", {"Inner": Definition("Inner")}))
    look(qtbot)
    assert session.location == Location("Inner")
    assert panel.findChildren(QSpinBox, "seed")


@pytest.mark.parametrize(
    ("options", "said"), [({}, "reads 7 sequences of 2 steps"), ({"batch_first": True}, "reads 2 sequences of 7 steps")]
)
def test_it_says_how_sequences_are_read(
    panel: InspectorPanel, session: Session, qtbot: QtBot, options: dict[str, bool], said: str
) -> None:
    rnn = Layer(name="rnn", type="torch.nn.LSTM", options={"input_size": 20, "hidden_size": 8, **options})
    session.push(AddNode(NET, rnn), "Add")
    session.push(Connect(NET, Endpoint("rnn", "input"), Endpoint("", "x")), "Wire")
    select(session, qtbot, "rnn")

    def texts(*sizes: int) -> str:
        session.set_shapes(Shapes(1, (PortShape("Net", "x", TensorShape(sizes, "float32")),), ()))
        look(qtbot)
        return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel))

    assert said in texts(2, 7, 20)
    assert "sequences of" not in texts(7, 20)
