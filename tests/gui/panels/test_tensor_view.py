from __future__ import annotations

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import (
    ApplyInitializers,
    Changed,
    Failure,
    Histogram,
    RestoreSnapshot,
    ShowTensor,
    Statistics,
    TensorView,
)
from blockstudio.gui.panels.tensor_view import TensorPanel
from blockstudio.gui.session import Session, TensorRef
from tests.gui.panels.conftest import NESTED_TABLE, nested_document
from tests.helpers.engines import SilentKernel, view

WEIGHT = view("head.weight", (2, 3))


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> TensorPanel:
    session.set_table(NESTED_TABLE)
    panel = TensorPanel(session)
    qtbot.addWidget(panel)
    panel.resize(380, 640)
    panel.show()
    return panel


def look(panel: TensorPanel, session: Session, kernel: SilentKernel, answer: TensorView = WEIGHT) -> ShowTensor:
    session.show_tensor(TensorRef("head.weight"))
    request: ShowTensor = kernel.answer(ShowTensor, answer)
    return request


def cell(panel: TensorPanel, row: int, column: int) -> str:
    model: QAbstractItemModel = panel.table.model
    return str(model.index(row, column).data())


def edit_cell(panel: TensorPanel, row: int, column: int, text: str) -> None:
    panel.table.model.setData(panel.table.model.index(row, column), text)


def test_with_nothing_selected_it_says_what_to_do(panel: TensorPanel) -> None:
    assert panel.empty.isVisibleTo(panel)
    assert panel.empty.text()


def test_the_selected_tensor(panel: TensorPanel, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    request = look(panel, session, kernel)
    assert (request.path, request.source, request.index) == ("head.weight", "value", "")
    assert panel.name.text() == "head.weight"
    assert panel.facts.text() == "(2, 3) · float32 · cpu"
    for word in ("mean", "2.5", "std", "1.87", "min", "max", "zero"):
        assert word in panel.statistics.text()
    assert panel.histogram.text() == ""
    assert [cell(panel, 0, column) for column in range(3)] == ["0", "1", "2"]
    assert panel.heat_map.image().width() == 3
    qtbot.mouseClick(panel.copy_line.button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "net.head.weight"


def test_nan_and_infinities_are_counted_apart(panel: TensorPanel, session: Session, kernel: SilentKernel) -> None:
    bad = Statistics(6, None, None, None, None, nan=4, inf=2)
    look(panel, session, kernel, view("head.weight", statistics=bad, histogram=None))
    assert "NaN&nbsp;<b>4</b>" in panel.statistics.text()
    assert "Inf&nbsp;<b>2</b>" in panel.statistics.text()
    assert panel.histogram.text() == "No finite values."


def test_there_is_no_gradient_before_backward(panel: TensorPanel, session: Session, kernel: SilentKernel) -> None:
    look(panel, session, kernel)
    panel.sources.setCurrentIndex(1)
    none = view(missing="There is no gradient yet.", histogram=None, values=(), heat_map=())
    assert kernel.answer(ShowTensor, none).source == "gradient"
    assert panel.missing.text() == "There is no gradient yet. Run the model with a backward pass to see it."
    assert panel.missing.isVisibleTo(panel)
    session.set_run_result(None)
    session.parameters_changed.emit()
    kernel.answer(ShowTensor, WEIGHT)
    assert not panel.missing.isVisibleTo(panel)
    assert not panel.table.model.index(0, 0).flags() & Qt.ItemFlag.ItemIsEditable
    assert panel.copy_line.text() == "net.head.weight.grad"


def test_a_cell_becomes_a_rule(panel: TensorPanel, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    look(panel, session, kernel)
    edit_cell(panel, 1, 2, "42")
    request = kernel.answer(ApplyInitializers, Changed("7"))
    rule = request.rules[0]
    assert (rule.target, rule.parameter, rule.index, rule.expression) == ("head", "weight", "1, 2", "42")
    assert session.document.definition("Net").initializers == [rule]
    assert session.undo_stack.undoText() == "Set head.weight[1, 2] to 42"
    qtbot.waitUntil(lambda: kernel.answer_documents() or bool(kernel.pending(ShowTensor)))
    kernel.answer(ShowTensor, view("head.weight", values=((0.0, 1.0, 2.0), (3.0, 4.0, 42.0))))
    assert cell(panel, 1, 2) == "42"
    session.undo_stack.undo()
    assert session.document.definition("Net").initializers == []
    kernel.answer(RestoreSnapshot, Changed("8"))
    qtbot.waitUntil(lambda: kernel.answer_documents() or bool(kernel.pending(ShowTensor)))
    kernel.answer(ShowTensor, WEIGHT)
    assert cell(panel, 1, 2) == "5"


def test_a_cell_is_edited_by_hand(panel: TensorPanel, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    look(panel, session, kernel)
    panel.tabs.setCurrentWidget(panel.table)
    view = panel.table.view
    place = view.visualRect(panel.table.model.index(1, 2)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    editor = view.viewport().findChild(QLineEdit)
    assert editor is not None
    assert editor.text() == "5.0"
    editor.selectAll()
    qtbot.keyClicks(editor, "0.25")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(kernel.pending(ApplyInitializers)))
    assert kernel.pending(ApplyInitializers)[0].rules[0].expression == "0.25"


def test_of_an_instance_only_this_tensor_changes(panel: TensorPanel, session: Session, kernel: SilentKernel) -> None:
    session.enter_node("two")
    session.show_tensor(TensorRef("two.inner.weight"))
    kernel.answer(ShowTensor, view("two.inner.weight"))
    edit_cell(panel, 0, 0, "1")
    request = kernel.answer(ApplyInitializers, Changed("7"))
    assert (request.definition, request.rules[0].target) == ("Net", "two.inner")


@pytest.mark.parametrize("text", ["", "abc", "1 2", "[1]", "__import__('os')"])
def test_what_is_no_number_is_refused_in_words(
    panel: TensorPanel, session: Session, kernel: SilentKernel, text: str
) -> None:
    look(panel, session, kernel)
    panel.tabs.setCurrentWidget(panel.table)
    edit_cell(panel, 0, 0, text)
    assert kernel.pending(ApplyInitializers) == []
    assert panel.table.problem()


def test_an_expression_over_a_slice(panel: TensorPanel, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    look(panel, session, kernel)
    panel.tabs.setCurrentWidget(panel.table)
    qtbot.keyClicks(panel.table.index, ":, 1")
    qtbot.keyClick(panel.table.index, Qt.Key.Key_Return)
    assert kernel.answer(ShowTensor, view("head.weight", index=":, 1", values=((1.0,), (4.0,)))).index == ":, 1"
    assert (panel.table.model.rowCount(), panel.table.model.columnCount()) == (2, 1)
    qtbot.keyClicks(panel.table.expression, "x+1")
    qtbot.mouseClick(panel.table.apply, Qt.MouseButton.LeftButton)
    rule = kernel.answer(ApplyInitializers, Changed("7")).rules[0]
    assert (rule.index, rule.expression) == (":, 1", "x + 1")
    panel.table.expression.setText("open('x')")
    qtbot.keyClick(panel.table.expression, Qt.Key.Key_Return)
    assert "open" in panel.table.problem()
    assert kernel.pending(ApplyInitializers) == []


def test_the_engines_refusal_stands_at_the_table(panel: TensorPanel, session: Session, kernel: SilentKernel) -> None:
    look(panel, session, kernel)
    panel.tabs.setCurrentWidget(panel.table)
    edit_cell(panel, 0, 0, "1")
    kernel.answer(ApplyInitializers, Failure("RunError", "It does not fit."))
    assert panel.table.problem() == "It does not fit."
    assert session.undo_stack.count() == 0


def test_leading_dimensions_have_steppers(panel: TensorPanel, session: Session, kernel: SilentKernel) -> None:
    look(panel, session, kernel, view("head.weight", (4, 2, 3)))
    steppers = [spin for spin in panel.table.findChildren(QSpinBox) if not spin.isHidden()]
    assert [stepper.maximum() for stepper in steppers] == [3]
    steppers[0].setValue(2)
    request = kernel.answer(ShowTensor, view("head.weight", (4, 2, 3), index="2, :, :"))
    assert request.index == "2, :, :"
    edit_cell(panel, 1, 0, "9")
    assert kernel.pending(ApplyInitializers)[0].rules[0].index == "2, 1, 0"
    panel.table.expression.setText("x * 2")
    panel.table.expression.returnPressed.emit()
    assert kernel.pending(ApplyInitializers)[1].rules[0].index == ""  # the steppers only leaf through


def test_blocks_are_loaded_when_they_come_into_sight(
    panel: TensorPanel, session: Session, kernel: SilentKernel, qtbot: QtBot
) -> None:
    look(panel, session, kernel, view("head.weight", (1000, 500)))
    panel.tabs.setCurrentWidget(panel.table)
    assert (panel.table.model.rowCount(), panel.table.model.columnCount()) == (1000, 500)
    panel.table.view.scrollToBottom()
    qtbot.waitUntil(lambda: any(request.rows[1] > 900 for request in kernel.pending(ShowTensor)))
    last = (("tail",) * 32,) * 64
    while kernel.pending(ShowTensor):
        kernel.answer(ShowTensor, view("head.weight", (1000, 500), values=last))
    assert cell(panel, 999, 0) == "tail"


def test_a_huge_table_is_cut_and_says_so(panel: TensorPanel, session: Session, kernel: SilentKernel) -> None:
    look(panel, session, kernel, view("head.weight", (60_000_000,)))
    panel.tabs.setCurrentWidget(panel.table)
    assert panel.table.model.rowCount() == 100_000
    assert "100,000" in panel.table.note()


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (0, 2, 2)])
def test_scalars_and_empty_tensors(
    panel: TensorPanel, session: Session, kernel: SilentKernel, shape: tuple[int, ...]
) -> None:
    empty = 0 in shape
    values = () if empty else ((7.0,),)
    statistics = Statistics(0 if empty else 1, *((None,) * 4 if empty else (7.0, None, 7.0, 7.0)))
    histogram = None if empty else Histogram(7.0, 7.0, (1,))
    answer = view("head.weight", shape, values=values, heat_map=values, statistics=statistics, histogram=histogram)
    look(panel, session, kernel, answer)
    for number in range(panel.tabs.count()):
        panel.tabs.setCurrentIndex(number)
        assert not panel.grab().isNull()
    assert (panel.table.model.rowCount() == 0) == empty


def test_a_late_answer_about_another_tensor_is_dropped(
    panel: TensorPanel, session: Session, kernel: SilentKernel
) -> None:
    session.show_tensor(TensorRef("head.weight"))
    session.show_tensor(TensorRef("mask"))
    kernel.answer(ShowTensor, WEIGHT)
    assert panel.missing.isVisibleTo(panel)
    kernel.answer(ShowTensor, view("mask", (2, 3)))
    assert panel.name.text() == "mask"
    assert not panel.missing.isVisibleTo(panel)


def test_a_changed_shape_starts_afresh(panel: TensorPanel, session: Session, kernel: SilentKernel) -> None:
    look(panel, session, kernel)
    panel.table.index.setText("1")
    panel.table.index.editingFinished.emit()
    kernel.answer(ShowTensor, view("head.weight", (2, 3), index="1, :", values=((3.0,), (4.0,), (5.0,))))
    session.parameters_changed.emit()
    kernel.answer(ShowTensor, view("head.weight", (7, 7), index="1, :"))
    assert kernel.answer(ShowTensor, view("head.weight", (7, 7))).index == ""
    assert panel.table.model.rowCount() == 7


def test_a_hidden_panel_asks_nothing_until_it_is_seen(
    panel: TensorPanel, session: Session, kernel: SilentKernel
) -> None:
    look(panel, session, kernel)
    panel.hide()
    session.parameters_changed.emit()
    session.show_tensor(TensorRef("mask"))
    assert kernel.pending(ShowTensor) == []
    panel.show()
    assert [request.path for request in kernel.pending(ShowTensor)] == ["mask"]


def test_activations_and_files_cannot_be_edited(panel: TensorPanel, session: Session, kernel: SilentKernel) -> None:
    session.show_tensor(TensorRef("Net/head|output", "activation"))
    kernel.answer(ShowTensor, view("Net/head|output"))
    assert panel.name.text() == "Net/head, output output"
    assert not panel.copy_line.isVisibleTo(panel)
    panel.sources.setCurrentIndex(1)
    assert session.tensor == TensorRef("Net/head|output", "gradient")
    kernel.answer(ShowTensor, view("Net/head|output"))
    panel.sources.setCurrentIndex(0)
    assert session.tensor == TensorRef("Net/head|output", "activation")
    kernel.answer(ShowTensor, view("Net/head|output"))
    assert not panel.table.apply.isVisibleTo(panel.table)
    session.show_tensor(TensorRef("/tmp/x-file.pt|a", "file"))
    kernel.answer(ShowTensor, view("/tmp/x-file.pt|a"))
    assert panel.name.text() == "x-file.pt: a"
    assert not panel.sources.isVisibleTo(panel)


def test_a_failure_is_shown_in_place(panel: TensorPanel, session: Session, kernel: SilentKernel) -> None:
    session.show_tensor(TensorRef("head.weight"))
    kernel.answer(
        ShowTensor, Failure("RunError", "The model has no parameter or buffer “{key}”.", {"key": "head.weight"})
    )
    assert panel.missing.text() == "The model has no parameter or buffer “head.weight”."


def test_another_document_empties_it(panel: TensorPanel, session: Session, kernel: SilentKernel) -> None:
    look(panel, session, kernel)
    session.parameters_changed.emit()
    session.replace(nested_document())
    assert panel.empty.isVisibleTo(panel)
    kernel.answer(ShowTensor, WEIGHT)
    assert panel.empty.isVisibleTo(panel)
