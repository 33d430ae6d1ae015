from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import Failure, ListParameters, Shapes
from blockstudio.formats.project import dumps
from blockstudio.graph.document import Location
from blockstudio.graph.model import Initializer
from blockstudio.gui.panels.initializers import InitializersPanel
from blockstudio.gui.panels.parameter_model import NAME, TRAINABLE
from blockstudio.gui.panels.parameters import ParametersPanel
from blockstudio.gui.session import Message, Session, TensorRef
from tests.gui.panels.conftest import NESTED_TABLE, nested_document
from tests.helpers.engines import SilentKernel, row, table


@pytest.fixture
def panel(session: Session, kernel: SilentKernel, qtbot: QtBot) -> ParametersPanel:
    panel = ParametersPanel(session)
    qtbot.addWidget(panel)
    session.parameters_changed.emit()
    kernel.answer(ListParameters, NESTED_TABLE)
    return panel


def index_of(panel: ParametersPanel, path: str, column: int = NAME) -> QModelIndex:
    return panel.filter.mapFromSource(panel.model.index_of(path).siblingAtColumn(column))


def click(panel: ParametersPanel, qtbot: QtBot, path: str, column: int = NAME) -> None:
    index = index_of(panel, path, column)
    panel.tree.scrollTo(index)
    place = panel.tree.visualRect(index).center()
    if column == TRAINABLE:
        place.setX(panel.tree.visualRect(index).left() + 8)
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_before_the_engine_answers_it_says_so(session: Session, qtbot: QtBot) -> None:
    panel = ParametersPanel(session)
    qtbot.addWidget(panel)
    assert panel.empty.isVisibleTo(panel)
    assert "when the engine has built" in panel.empty.text()  # it has nodes
    root = session.document.definition("Net").graph
    nodes = dict(root.nodes)
    root.nodes.clear()
    session.document_changed.emit(())
    assert "Drag a layer" in panel.empty.text()
    root.nodes.update(nodes)


def test_a_model_without_parameters_says_what_to_do(panel: ParametersPanel, session: Session) -> None:
    session.set_table(table())
    assert panel.empty.isVisibleTo(panel)
    assert "Linear" in panel.empty.text()


def test_totals_count_each_tensor_once(panel: ParametersPanel, session: Session) -> None:
    assert panel.totals.text().startswith("2,460 parameters")
    session.set_table(table(row("a.weight"), row("b.weight", shared_with="a.weight")))
    assert panel.totals.text().startswith("6 parameters")
    assert "1 shared" in panel.totals.text()


def test_a_row_selects_the_tensor_and_its_node(panel: ParametersPanel, session: Session, qtbot: QtBot) -> None:
    panel.resize(700, 600)
    panel.show()
    click(panel, qtbot, "two.inner.weight")
    assert session.tensor == TensorRef("two.inner.weight")
    assert session.selection == ("two",)
    click(panel, qtbot, "head")
    assert session.tensor == TensorRef("head.weight")
    assert session.selection == ("head",)


def test_a_node_selects_its_row_and_its_first_tensor(panel: ParametersPanel, session: Session) -> None:
    session.select(("two",))
    assert [entry.path for entry in panel.selected] == ["two"]
    assert session.tensor == TensorRef("two.inner.weight")
    session.enter_node("two")
    session.select(("inner",))
    assert [entry.path for entry in panel.selected] == ["two.inner"]
    session.leave()
    session.select(("mask",))
    assert session.tensor == TensorRef("mask")
    session.select(("again",))
    assert [entry.path for entry in panel.selected] == ["head"]


def test_a_node_selected_before_its_tensors_are_known_shows_them_when_they_are(session: Session, qtbot: QtBot) -> None:
    parameters, initializers = ParametersPanel(session), InitializersPanel(session)
    for panel in (parameters, initializers):
        qtbot.addWidget(panel)
    session.select(("two",))
    assert session.tensor is None and initializers.form.current_scope.key == "block"
    session.set_table(NESTED_TABLE)
    assert session.tensor == TensorRef("two.inner.weight")
    assert initializers.form.current_scope.key == "node"
    initializers.form.choose_scope("block")
    session.set_table(NESTED_TABLE)
    assert initializers.form.current_scope.key == "block"


def test_a_tensor_of_the_selected_node_stays(panel: ParametersPanel, session: Session) -> None:
    session.show_tensor(TensorRef("two.inner.bias"))
    session.select(("two",))
    assert session.tensor == TensorRef("two.inner.bias")


def test_a_tensor_that_went_into_a_block_gives_way_to_one_of_the_selected_node(
    panel: ParametersPanel, session: Session
) -> None:
    session.set_table(table(row("inner.weight")))
    session.show_tensor(TensorRef("inner.weight"))
    session.select(("two",))  # whose parameters the table does not have yet
    assert session.tensor == TensorRef("inner.weight")
    session.set_table(NESTED_TABLE)
    assert session.tensor == TensorRef("two.inner.weight")


def test_double_click_goes_into_the_block(panel: ParametersPanel, session: Session) -> None:
    panel.tree.doubleClicked.emit(index_of(panel, "two.inner.weight"))
    assert session.location == Location("Block")
    assert session.selection == ("inner",)


def test_the_python_path_is_copied_with_one_click(panel: ParametersPanel, qtbot: QtBot) -> None:
    panel.select_path("chain.0.weight")
    qtbot.mouseClick(panel.copy_line.button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "net.chain.0.weight"
    panel.select_path("chain.0")
    qtbot.mouseClick(panel.copy_line.button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "net.chain[0]"


def test_filter(panel: ParametersPanel, qtbot: QtBot) -> None:
    qtbot.keyClicks(panel.search, "two bias")
    assert panel.filter.rowCount() == 1
    assert panel.tree.isExpanded(index_of(panel, "two"))
    panel.search.clear()
    panel.kinds.setCurrentIndex(panel.kinds.findData("buffer"))
    assert panel.filter.rowCount() == 1
    assert index_of(panel, "mask").isValid()


def test_the_check_box_is_a_rule_of_the_document(
    panel: ParametersPanel, session: Session, kernel: SilentKernel, qtbot: QtBot
) -> None:
    before = dumps(session.document)
    panel.resize(700, 600)
    panel.show()
    click(panel, qtbot, "one", TRAINABLE)
    assert session.document.definition("Net").initializers == [Initializer(target="one", trainable=False)]
    assert session.undo_stack.undoText() == "Freeze one"
    box = index_of(panel, "one", TRAINABLE).data(Qt.ItemDataRole.CheckStateRole)
    assert Qt.CheckState(box) == Qt.CheckState.Checked, "until the model is so"
    frozen = table(*(row(r.path, r.shape, trainable=not r.path.startswith("one")) for r in NESTED_TABLE.rows))
    session.set_table(frozen)
    box = index_of(panel, "one", TRAINABLE).data(Qt.ItemDataRole.CheckStateRole)
    assert Qt.CheckState(box) == Qt.CheckState.Unchecked
    click(panel, qtbot, "one", TRAINABLE)
    assert dumps(session.document) == before
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert dumps(session.document) == before


def test_whole_numbers_are_not_trained(panel: ParametersPanel, session: Session) -> None:
    told: list[Message] = []
    session.message.connect(told.append)
    session.set_table(table(row("head.weight", dtype="int64", trainable=False)))
    panel.model.trainable_asked.emit([panel.model.entry(panel.model.index_of("head.weight"))], True)
    assert "cannot be trained" in told[0].text
    assert session.undo_stack.count() == 0


def test_the_context_menu(panel: ParametersPanel, qtbot: QtBot) -> None:
    panel.resize(700, 600)
    panel.show()
    panel.select_path("one")
    panel.tree.customContextMenuRequested.emit(panel.tree.visualRect(index_of(panel, "one")).center())
    menu = panel.findChild(QMenu)
    assert menu is not None
    actions = {action.text(): action for action in menu.actions()}
    with qtbot.waitSignal(panel.save_requested) as saved:
        actions["Save 2 tensors…"].trigger()
    assert saved.args == [["one.inner.weight", "one.inner.bias"]]
    with qtbot.waitSignal(panel.initialise_requested) as initialise:
        actions["Initialise…"].trigger()
    assert initialise.args == ["module one"]
    actions["Copy key"].trigger()
    assert QGuiApplication.clipboard().text() == "one"
    menu.close()


def test_after_a_change_the_table_is_asked_for_again(
    panel: ParametersPanel, session: Session, kernel: SilentKernel, qtbot: QtBot
) -> None:
    panel.select_path("head.weight")
    session.set_shapes(Shapes(3, (), ()))
    qtbot.waitUntil(lambda: bool(kernel.pending(ListParameters)))
    kernel.answer(ListParameters, Failure("CompileError", "It does not compile."))
    assert panel.tree.isVisibleTo(panel)
    assert "It does not compile." in panel.problem.text()
    session.parameters_changed.emit()
    kernel.answer(ListParameters, table(row("head.weight"), row("tail.weight")))
    assert not panel.problem.isVisibleTo(panel)
    assert index_of(panel, "tail.weight").isValid()


def test_open_blocks_stay_open_when_rows_come(panel: ParametersPanel, session: Session) -> None:
    panel.tree.collapse(index_of(panel, "two"))
    session.set_table(table(*NESTED_TABLE.rows, row("new.weight")))
    assert panel.tree.isExpanded(index_of(panel, "one"))
    assert not panel.tree.isExpanded(index_of(panel, "two"))


def test_another_document_empties_it(panel: ParametersPanel, session: Session, kernel: SilentKernel) -> None:
    session.parameters_changed.emit()
    session.replace(nested_document())
    assert panel.empty.isVisibleTo(panel)
    kernel.answer(ListParameters, NESTED_TABLE)  # of the document before
    assert panel.empty.isVisibleTo(panel)


@pytest.mark.parametrize(("height", "lines"), [(140, (False, False)), (200, (True, False)), (400, (True, True))])
def test_in_a_low_pane_the_rows_have_the_room(
    panel: ParametersPanel, qtbot: QtBot, height: int, lines: tuple[bool, bool]
) -> None:
    panel.resize(500, 400)
    panel.show()
    click(panel, qtbot, "again.weight")
    panel.resize(500, height)
    assert (panel.copy_line.isVisible(), panel.totals.isVisible()) == lines
    row = panel.tree.visualRect(panel.tree.currentIndex())
    assert panel.tree.viewport().height() > row.height()
