from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from blockstudio.catalog.catalog import catalog
from blockstudio.engine.protocol import ApplyInitializers, Changed, Failure, Histogram, Statistics, TensorChange
from blockstudio.errors import EditError
from blockstudio.graph.definition_commands import set_initializers
from blockstudio.graph.model import Expression, Initializer
from blockstudio.gui.panels.initializer_form import EXPRESSION, function_options
from blockstudio.gui.panels.initializers import InitializersPanel
from blockstudio.gui.panels.rules import tensor_rule
from blockstudio.gui.session import Message, Session, TensorRef
from tests.gui.panels.conftest import NESTED_TABLE
from tests.helpers.engines import SilentKernel

NORMAL = "torch.nn.init.normal_"
BEFORE, AFTER = Statistics(400, 0.0, 0.1, -0.2, 0.2), Statistics(400, 0.0, 0.01, -0.03, 0.03)
CHANGE = TensorChange(
    "head.weight", Histogram(-0.2, 0.2, (1,) * 10), Histogram(-0.03, 0.03, (1,) * 10), BEFORE, AFTER, ((0.0, 40.0),)
)


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> InitializersPanel:
    session.set_table(NESTED_TABLE)
    panel = InitializersPanel(session)
    qtbot.addWidget(panel)
    panel.resize(330, 900)
    panel.show()
    return panel


def apply(panel: InitializersPanel, kernel: SilentKernel, qtbot: QtBot, *changes: TensorChange) -> Initializer:
    qtbot.mouseClick(panel.apply_button, Qt.MouseButton.LeftButton)
    request: ApplyInitializers = kernel.answer(ApplyInitializers, Changed("7", changes))
    return request.rules[0]


def give(panel: InitializersPanel, name: str, text: str) -> None:
    field = panel.form.options[name].field
    field.setText(text)
    field.editingFinished.emit()


def test_every_function_of_torch_is_offered_with_its_arguments(panel: InitializersPanel) -> None:
    for function, spec in catalog().initializers.items():
        panel.form.choose_function(function)
        assert panel.form.function.currentData() == function
        assert list(panel.form.options) == [option.name for option in spec.options]


def test_a_tensor(panel: InitializersPanel, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    session.show_tensor(TensorRef("head.weight"))
    panel.form.choose_scope("tensor")
    panel.form.choose_function(NORMAL)
    give(panel, "std", "0.01")
    rule = apply(panel, kernel, qtbot, CHANGE)
    assert rule == Initializer(target="head", parameter="weight", function=NORMAL, arguments={"std": 0.01})
    assert session.document.definition("Net").initializers == [rule]
    assert panel.effect.isVisibleTo(panel)
    assert "std 0.1 → 0.01" in panel.comparison.text()
    assert "in theory" in panel.plot.legend()
    assert session.undo_stack.undoText() == "Initialise head.weight"


def test_a_tensor_in_an_instance_belongs_to_the_root(
    panel: InitializersPanel, session: Session, kernel: SilentKernel, qtbot: QtBot
) -> None:
    session.enter_node("two")
    session.show_tensor(TensorRef("two.inner.weight"))
    panel.form.choose_scope("tensor")
    assert apply(panel, kernel, qtbot).target == "two.inner"
    assert len(session.document.definition("Net").initializers) == 1
    assert session.document.definition("Block").initializers == []


def test_all_of_one_layer_of_one_instance(
    panel: InitializersPanel, session: Session, kernel: SilentKernel, qtbot: QtBot
) -> None:
    session.show_tensor(TensorRef("two.inner.weight"))
    panel.choose("module two")
    assert panel.form.current_scope.text == "All of two"
    panel.choose("module two.inner")
    panel.form.choose_function("torch.nn.init.zeros_")
    rule = apply(panel, kernel, qtbot)
    assert (rule.target, rule.parameter) == ("two.inner", "")
    assert session.document.definition("Net").initializers == [rule]


def test_a_node_belongs_to_its_block(
    panel: InitializersPanel, session: Session, kernel: SilentKernel, qtbot: QtBot
) -> None:
    session.enter_node("two")
    session.select(("inner",))
    panel.form.choose_scope("node")
    panel.form.parameter.setCurrentIndex(panel.form.parameter.findData("bias"))
    panel.form.choose_function("torch.nn.init.zeros_")
    rule = apply(panel, kernel, qtbot)
    assert rule == Initializer(target="inner", parameter="bias", function="torch.nn.init.zeros_")
    assert session.document.definition("Block").initializers == [rule]


def test_selecting_a_node_means_that_node(panel: InitializersPanel, session: Session) -> None:
    assert panel.form.current_scope.key == "block"
    session.select(("head",))
    assert (panel.form.current_scope.key, panel.form.current_scope.target) == ("node", "head")
    session.select(())
    assert panel.form.current_scope.key == "block"
    panel.form.choose_scope("type")
    session.select(("head",))
    assert panel.form.current_scope.key == "type"


def test_a_node_in_a_container(panel: InitializersPanel, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    session.enter_node("chain")
    session.select(("first",))
    panel.form.choose_scope("node")
    assert apply(panel, kernel, qtbot).target == "chain.0"


def test_a_block(panel: InitializersPanel, kernel: SilentKernel, qtbot: QtBot) -> None:
    panel.form.choose_scope("block")
    panel.form.choose_function("torch.nn.init.constant_")
    give(panel, "val", "1")
    rule = apply(panel, kernel, qtbot)
    assert rule == Initializer(function="torch.nn.init.constant_", arguments={"val": 1})


def test_all_layers_of_a_type(panel: InitializersPanel, kernel: SilentKernel, qtbot: QtBot) -> None:
    panel.form.choose_scope("type")
    assert [panel.form.layer_type.itemText(i) for i in range(panel.form.layer_type.count())] == ["Linear"]
    assert [panel.form.parameter.itemText(i) for i in range(panel.form.parameter.count())] == ["weight", "bias"]
    panel.form.choose_function("torch.nn.init.kaiming_normal_")
    rule = apply(panel, kernel, qtbot)
    assert (rule.layer_type, rule.parameter, rule.target) == ("torch.nn.Linear", "weight", "")


def test_an_expression(panel: InitializersPanel, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    session.show_tensor(TensorRef("head.weight"))
    panel.form.choose_scope("tensor")
    panel.form.choose_function(EXPRESSION)
    panel.form.expression.setText("x.foo()")
    qtbot.mouseClick(panel.apply_button, Qt.MouseButton.LeftButton)
    assert kernel.pending(ApplyInitializers) == []
    panel.form.expression.setText("x+1")
    panel.form.index.setText(":,0")
    assert apply(panel, kernel, qtbot) == tensor_rule("head.weight", ":, 0", "x + 1")


def test_what_the_engine_refuses_is_said_and_not_kept(
    panel: InitializersPanel, session: Session, kernel: SilentKernel, qtbot: QtBot
) -> None:
    qtbot.mouseClick(panel.apply_button, Qt.MouseButton.LeftButton)
    kernel.answer(ApplyInitializers, Failure("RunError", "It needs two dimensions."))
    assert panel.problem.text() == "It needs two dimensions."
    assert session.undo_stack.count() == 0


def test_rules_are_reordered_edited_and_deleted(
    panel: InitializersPanel, session: Session, kernel: SilentKernel, qtbot: QtBot
) -> None:
    first = Initializer(target="head", parameter="weight", function=NORMAL, arguments={"std": 0.5})
    second = tensor_rule("head.weight", "", "x + 1")
    session.push(set_initializers(session.document, "Net", [first, second]), "Rules")
    rules = panel.rules
    assert rules.list.count() == 2
    rules.list.setCurrentRow(1)
    qtbot.mouseClick(rules.up, Qt.MouseButton.LeftButton)
    assert rules.rules == [second, first]
    assert rules.list.currentRow() == 0
    rules.list.setCurrentRow(1)
    qtbot.mouseClick(rules.edit, Qt.MouseButton.LeftButton)
    assert panel.form.options["std"].field.text() == "0.5"
    give(panel, "std", "0.25")
    changed = apply(panel, kernel, qtbot)
    assert changed.arguments == {"std": 0.25}
    assert rules.rules == [second, changed]
    assert not panel.cancel_button.isVisibleTo(panel)
    rules.list.setCurrentRow(0)
    qtbot.mouseClick(rules.delete, Qt.MouseButton.LeftButton)
    assert rules.rules == [changed]
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert rules.rules == [second, first]


def test_rules_are_those_of_the_shown_block(panel: InitializersPanel, session: Session) -> None:
    session.push(set_initializers(session.document, "Net", [tensor_rule("head.weight", "", "1")]), "Rules")
    assert panel.rules.list.count() == 1
    session.enter_node("two")
    assert panel.rules.list.count() == 0
    assert "The rules of Net apply after these." in panel.rules.note.text()
    assert panel.rules_section.header.text() == "Rules of Block"


def test_functions_of_ones_own(panel: InitializersPanel, session: Session, kernel: SilentKernel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.code_requested) as asked:
        panel.functions.add("spread")
    assert asked.args == ["spread"]
    assert session.trusted
    panel.form.choose_function("spread")
    assert list(panel.form.options) == ["low", "high"]
    give(panel, "high", "3")
    rule = apply(panel, kernel, qtbot)
    assert (rule.function, rule.arguments) == ("spread", {"high": 3})
    told: list[Message] = []
    session.message.connect(told.append)
    panel.functions.list.setCurrentRow(0)
    qtbot.mouseClick(panel.functions.delete, Qt.MouseButton.LeftButton)
    assert "still used" in told[0].text
    session.undo_stack.undo()
    panel.functions.list.setCurrentRow(0)
    qtbot.mouseClick(panel.functions.delete, Qt.MouseButton.LeftButton)
    assert session.document.functions == {}
    assert panel.form.function.findData("spread") < 0


@pytest.mark.parametrize("name", ["", "1a", "class", "Net", "torch"])
def test_names_a_function_cannot_have(panel: InitializersPanel, name: str) -> None:
    with pytest.raises(EditError):
        panel.functions.add(name)


def test_arguments_of_a_function_are_read_without_running_it() -> None:
    source = "def f(tensor, a, b=2, *, c='x', d=None, e=print()):\n    pass\n"
    options = function_options(source, "f")
    assert [(option.name, option.required) for option in options] == [
        ("a", True), ("b", False), ("c", False), ("d", False),
    ]  # fmt: skip
    assert options[1].default == 2
    assert function_options("def f(", "f") == ()
    assert function_options("x = 1", "f") == ()


def test_arguments_may_use_hyper_parameters(panel: InitializersPanel, session: Session) -> None:
    from blockstudio.graph.edits import ChangeDefinition
    from blockstudio.graph.model import HyperParameter

    session.push(ChangeDefinition("Net", {"hyper_parameters": [HyperParameter("scale", "1")]}), "Hyper-parameter")
    panel.form.choose_function(NORMAL)
    give(panel, "std", "scale * 0.1")
    rule = panel.form.rule()
    assert rule is not None
    assert rule.arguments == {"std": Expression("scale * 0.1")}


def test_the_seed_is_part_of_the_document(panel: InitializersPanel, session: Session) -> None:
    panel.seed.setValue(5)
    assert session.document.seed == 5
    session.undo_stack.undo()
    assert panel.seed.value() == 0


def test_an_engine_that_is_not_there(panel: InitializersPanel, kernel: SilentKernel) -> None:
    kernel.state_changed.emit("restarting")
    assert not panel.apply_button.isEnabled()
    kernel.state_changed.emit("idle")
    assert panel.apply_button.isEnabled()
