from __future__ import annotations

import pytest
from attrs import evolve
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import (
    Activation,
    Failure,
    OutputResult,
    Problem,
    RunModel,
    RunResult,
    SetMode,
    Statistics,
    TensorShape,
)
from blockstudio.formats.project import dumps
from blockstudio.graph.document import Location
from blockstudio.graph.edits import SetPorts
from blockstudio.graph.model import Example, Port
from blockstudio.gui.panels.run import RunPanel
from blockstudio.gui.panels.run_inputs import parse_shape
from blockstudio.gui.session import Session, TensorRef
from tests.gui.panels.conftest import NESTED_TABLE, nested_document
from tests.helpers.engines import SilentKernel

GOOD = Statistics(40, 0.1, 1.0, -2.0, 2.0)
SHAPE = TensorShape((2, 20), "float32", device="cpu")
RESULT = RunResult(
    (OutputResult("y", SHAPE, GOOD, "tensor([[0.1]])"),),
    (
        Activation("Net/head", "output", SHAPE, GOOD),
        Activation("Block/inner", "output", SHAPE, Statistics(40, 0.1, 1.0, -2.0, 2.0, nan=3)),
        Activation("Net/loop", "x", TensorShape(None, text="int"), None),
    ),
    (OutputResult("x", SHAPE, GOOD, "tensor([[0.5]])"),),
    1.5e-3,
    2e-3,
    4096,
    "cpu",
    True,
)


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> RunPanel:
    panel = RunPanel(session)
    qtbot.addWidget(panel)
    panel.resize(380, 900)
    panel.show()
    return panel


def press(qtbot: QtBot, panel: RunPanel) -> None:
    qtbot.mouseClick(panel.run_button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("2, 20", (2, 20)),
        ("(2, 20)", (2, 20)),
        ("2x20", (2, 20)),
        ("2 × 20", (2, 20)),
        ("5", (5,)),
        ("5,", (5,)),
        ("", ()),
        ("()", ()),
        ("0, 3", (0, 3)),
        ("-1, 3", None),
        ("2.5", None),
        ("a", None),
        ("99999999999", None),
        ("²", None),
    ],
)
def test_shapes(text: str, shape: tuple[int, ...] | None) -> None:
    assert parse_shape(text) == shape


def test_inputs_are_kept_in_the_document(panel: RunPanel, session: Session, qtbot: QtBot) -> None:
    before = dumps(session.document)
    field = panel.inputs.rows["x"].shape
    field.selectAll()
    qtbot.keyClicks(field, "4, 20")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert panel.inputs.examples() == {"x": Example((4, 20))}
    assert session.undo_stack.undoText() == "Change the input x"
    session.undo_stack.undo()
    assert field.text() == "2, 20"
    assert dumps(session.document) == before


def test_what_is_no_shape_is_marked_and_not_taken(panel: RunPanel, session: Session, qtbot: QtBot) -> None:
    field = panel.inputs.rows["x"].shape
    field.selectAll()
    qtbot.keyClicks(field, "two")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.property("state") == "error"
    assert session.undo_stack.count() == 0


def test_generators_bring_a_fitting_type(panel: RunPanel, session: Session) -> None:
    row = panel.inputs.rows["x"]
    row.generator.setCurrentIndex(row.generator.findData("integers"))
    row.generator.activated.emit(row.generator.currentIndex())
    assert (row.example.generator, row.example.dtype) == ("integers", "int64")
    assert row.high.isVisibleTo(row)
    row.high.setValue(5)
    assert panel.inputs.examples()["x"].high == 5
    row.generator.setCurrentIndex(row.generator.findData("randn"))
    row.generator.activated.emit(row.generator.currentIndex())
    assert row.example.dtype == "float32"
    assert not row.high.isVisibleTo(row)


def test_rows_follow_the_inputs_of_the_root(panel: RunPanel, session: Session) -> None:
    ports = (Port("x", example=Example((3, 20))), Port("mask"))
    session.push(SetPorts(Location("Net"), "inputs", ports), "Add an input")
    assert list(panel.inputs.rows) == ["x", "mask"]
    assert panel.inputs.rows["x"].shape.text() == "3, 20"
    assert panel.inputs.rows["x"].shape.toolTip().startswith("3, 20\n")  # all of it, where the field is narrow
    session.push(SetPorts(Location("Net"), "inputs", ()), "No inputs")
    assert panel.inputs.rows == {}


def test_run(panel: RunPanel, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    panel.backward.setCurrentIndex(panel.backward.findData("sum"))
    panel.seed.setValue(7)
    press(qtbot, panel)
    assert not panel.run_button.isEnabled()
    assert panel.stop_button.isEnabled()
    request = kernel.answer(RunModel, RESULT)
    assert request == RunModel({"x": Example((2, 20))}, 7, "sum", None, 1)
    assert panel.run_button.isEnabled()
    assert session.run_result is RESULT
    assert "1.5 ms" in panel.summary.text()
    assert "3 values are NaN or infinite" in panel.summary.text()
    assert session.tensor == TensorRef("Net/again|output", "activation")
    assert panel.outputs.selectionModel().selectedRows()
    panel.gradients.selectRow(0)
    assert session.tensor == TensorRef("Net|x", "gradient")


def test_a_parameter_that_is_looked_at_stays(panel: RunPanel, session: Session) -> None:
    session.show_tensor(TensorRef("again.weight", "gradient"))
    session.set_run_result(RESULT)
    assert session.tensor == TensorRef("again.weight", "gradient")


def test_a_seed_of_its_own_each_time(panel: RunPanel, kernel: SilentKernel, qtbot: QtBot) -> None:
    panel.seed.setValue(-1)
    press(qtbot, panel)
    assert kernel.pending(RunModel)[0].seed is None


def test_what_is_being_typed_counts(panel: RunPanel, kernel: SilentKernel, qtbot: QtBot) -> None:
    field = panel.inputs.rows["x"].shape
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "9, 20")
    panel.run()
    assert not kernel.pending(RunModel)  # until the engine has the document with this in it
    qtbot.waitUntil(lambda: kernel.answer_documents() or bool(kernel.pending(RunModel)))
    assert kernel.pending(RunModel)[0].inputs["x"].shape == (9, 20)


def test_stop_interrupts(panel: RunPanel, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    press(qtbot, panel)
    qtbot.waitUntil(lambda: "running" in panel.elapsed.text())
    qtbot.mouseClick(panel.stop_button, Qt.MouseButton.LeftButton)
    assert kernel.interrupted == 1
    kernel.answer(RunModel, Failure("Interrupted", "Stopped.", interrupted=True))
    assert panel.problem.text() == "Stopped."
    assert panel.run_button.isEnabled()
    assert panel.elapsed.text() == ""


def test_a_failure_names_its_node(panel: RunPanel, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    press(qtbot, panel)
    kernel.answer(RunModel, Failure("RunError", "{a} <does> not fit.", {"a": "It"}, "Block/inner", "Traceback"))
    assert '<a href="node">Block/inner</a>: It &lt;does&gt; not fit.' in panel.problem.text()
    panel.problem.linkActivated.emit("node")
    assert session.location.definition == "Block"
    assert session.selection == ("inner",)
    panel.problem.linkActivated.emit("details")
    assert QGuiApplication.clipboard().text() == "Traceback"


def test_an_exception_of_torch_is_told_in_the_words_of_the_problem_that_its_node_has(
    panel: RunPanel, session: Session, kernel: SilentKernel, qtbot: QtBot
) -> None:
    misfit = Problem("shape-mismatch", "error", "Block/inner", "It expects {wanted} features.", {"wanted": 16})
    session.set_diagnostics([evolve(misfit, path="Net"), misfit])
    raised = {"kind": "RuntimeError", "reason": "mat1 and mat2 shapes cannot be multiplied"}
    press(qtbot, panel)
    kernel.answer(RunModel, Failure("RunError", "It raised {kind}: {reason}", raised, "Block/inner", "Traceback"))
    assert '<a href="node">Block/inner</a>: It expects 16 features.' in panel.problem.text()
    press(qtbot, panel)
    kernel.answer(RunModel, Failure("RunError", "It raised {kind}: {reason}", raised, "Block/other", "Traceback"))
    assert "It raised RuntimeError" in panel.problem.text()


def test_activations_show_their_tensor_and_node(
    panel: RunPanel, session: Session, kernel: SilentKernel, qtbot: QtBot
) -> None:
    session.set_run_result(RESULT)
    panel.tabs.setCurrentWidget(panel.activations)
    table = panel.activations
    model = table.model()
    assert [model.index(row, 0).data() for row in range(3)] == ["head", "Block/inner", "loop"]
    assert model.index(2, 1).data() == "int"
    table.setCurrentIndex(model.index(1, 0))
    assert session.tensor == TensorRef("Block/inner|output", "activation")
    table.doubleClicked.emit(model.index(1, 0))
    assert session.selection == ("inner",)
    table.sortByColumn(6, Qt.SortOrder.DescendingOrder)
    assert model.index(0, 0).data() == "Block/inner"


def test_the_mode(panel: RunPanel, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    assert not panel.training.isEnabled()
    session.set_table(NESTED_TABLE)
    assert panel.training.isChecked()
    panel.training.click()
    assert kernel.answer(SetMode, NESTED_TABLE) == SetMode(False)


@pytest.mark.parametrize("state", ["starting", "restarting"])
def test_run_waits_for_an_engine_that_is_coming(
    panel: RunPanel, session: Session, kernel: SilentKernel, qtbot: QtBot, state: str
) -> None:
    kernel.state_changed.emit(state)
    press(qtbot, panel)
    assert not kernel.pending(RunModel)
    assert "as soon as" in panel.empty.text()
    assert not panel.run_button.isEnabled()
    panel.run()  # once more does not make it two
    kernel.state_changed.emit("idle")
    qtbot.waitUntil(lambda: bool(kernel.pending(RunModel)))
    kernel.answer(RunModel, RESULT)
    assert session.run_result is RESULT
    assert not kernel.pending(RunModel)
    assert "as soon as" not in panel.empty.text()


@pytest.mark.parametrize("how", ["stop", "dead", "another document"])
def test_a_run_that_waits_can_be_called_off(
    panel: RunPanel, session: Session, kernel: SilentKernel, qtbot: QtBot, how: str
) -> None:
    kernel.state_changed.emit("starting")
    press(qtbot, panel)
    if how == "stop":
        qtbot.mouseClick(panel.stop_button, Qt.MouseButton.LeftButton)
    elif how == "dead":
        kernel.state_changed.emit("dead")
    else:
        session.replace(nested_document())
    assert "as soon as" not in panel.empty.text()
    kernel.state_changed.emit("idle")
    qtbot.wait(20)
    assert not kernel.pending(RunModel)
    assert panel.run_button.isEnabled()
    assert not panel.stop_button.isEnabled()


@pytest.mark.parametrize("state", ["dead", "stopped"])
def test_an_engine_that_is_not_there(panel: RunPanel, session: Session, kernel: SilentKernel, state: str) -> None:
    kernel.state_changed.emit(state)
    assert not panel.run_button.isEnabled()
    assert "engine" in panel.empty.text()
    kernel.state_changed.emit("idle")
    assert panel.run_button.isEnabled()
    assert "Run" in panel.empty.text()


def test_another_document_takes_the_result_away(
    panel: RunPanel, session: Session, kernel: SilentKernel, qtbot: QtBot
) -> None:
    press(qtbot, panel)
    session.replace(nested_document())
    assert panel.run_button.isEnabled()
    kernel.answer(RunModel, RESULT)
    assert session.run_result is None
    assert panel.empty.isVisibleTo(panel)
