"""The panels on the real worker, in this process: what is asked for is what is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from pytestqt.qtbot import QtBot

from blockstudio.formats import project
from blockstudio.formats.project import dumps
from blockstudio.graph.model import CodeDefinition, Definition
from blockstudio.gui.panels.initializers import InitializersPanel
from blockstudio.gui.panels.parameter_files import ParameterFiles
from blockstudio.gui.panels.parameters import ParametersPanel
from blockstudio.gui.panels.run import RunPanel
from blockstudio.gui.panels.tensor_view import TensorPanel
from blockstudio.gui.session import Session, TensorRef
from blockstudio.resources import path as resource
from tests.helpers.engines import DirectKernel

NORMAL = "torch.nn.init.normal_"


class Bench:
    """The panels side by side on one session and one engine."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.kernel = DirectKernel()
        self.session = Session(self.kernel)
        self.parameters = ParametersPanel(self.session)
        self.tensor = TensorPanel(self.session)
        self.initializers = InitializersPanel(self.session)
        self.run = RunPanel(self.session)
        self.files = ParameterFiles(self.session, self.parameters)
        for panel in (self.parameters, self.tensor, self.initializers, self.run):
            qtbot.addWidget(panel)
            panel.resize(400, 700)
            panel.show()

    def open(self, name: str) -> None:
        """Open an example."""
        self.session.replace(project.load(resource("examples", f"{name}.blocks")))
        self.session.trust()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is under way."""
        self.qtbot.waitUntil(self._settled)

    def _settled(self) -> bool:
        return self.session.liveness.settled and self.parameters.keeper.settled and not self.kernel.under_way

    def look(self, path: str) -> None:
        self.session.show_tensor(TensorRef(path))
        self.settle()

    def weight(self, path: str) -> torch.Tensor:
        """A parameter of the model in the engine."""
        return self.kernel.worker._models.current().model.state_dict()[path]

    def cell(self, row: int, column: int) -> str:
        model = self.tensor.table.model
        return str(model.index(row, column).data())

    def root(self) -> Definition:
        return self.session.document.definition(self.session.document.root)


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    bench = Bench(qtbot)
    yield bench
    bench.session.close()


def test_the_parameters_of_an_example(bench: Bench) -> None:
    bench.open("07-shared-layer")
    table = bench.session.table
    assert table is not None
    names = [row.path for row in table.rows]
    assert len(names) == len(set(names))  # a layer that is called twice is there once
    for row in table.rows:
        assert bench.parameters.select_path(row.path)
        assert bench.session.locate(row.node)


@pytest.mark.parametrize(
    "name", ["06-constant", "08-while", "09-nested-mix", "16-custom-layer-with-parameters", "17-tensor-files"]
)
def test_examples_are_shown_run_and_looked_at(bench: Bench, name: str) -> None:
    bench.open(name)
    assert bench.parameters.problem.text() == ""
    table = bench.session.table
    assert table is not None
    for row in table.rows[:2]:
        bench.look(row.path)
        assert bench.tensor.statistics.text()
    bench.run.run()
    bench.settle()
    assert bench.run.problem.text() == ""
    assert bench.session.run_result is not None


def test_code_that_is_not_trusted_is_not_run(bench: Bench) -> None:
    document = project.load(resource("examples", "15-custom-layer.blocks"))
    for definition in document.definitions.values():
        if isinstance(definition, CodeDefinition):
            definition.source += "\n# Nobody has agreed to this.\n"
    bench.session.replace(document)
    bench.settle()
    assert bench.session.table is None
    assert bench.parameters.empty.isVisibleTo(bench.parameters)
    assert bench.parameters.empty.text()
    bench.session.trust()
    bench.settle()
    assert bench.session.table is not None


def test_a_cell_is_edited_and_taken_back(bench: Bench) -> None:
    bench.open("14-custom-initialisation")
    before = dumps(bench.session.document)
    table = bench.session.table
    assert table is not None
    path = next(row.path for row in table.rows if len(row.shape) == 2)
    bench.look(path)
    shown, old = bench.cell(0, 1), bench.weight(path)[0, 1].item()
    bench.tensor.table.model.setData(bench.tensor.table.model.index(0, 1), "42")
    bench.settle()
    assert bench.cell(0, 1) == "42"
    assert bench.weight(path)[0, 1] == 42
    assert bench.root().initializers[-1].expression == "42"
    bench.session.undo_stack.undo()
    bench.settle()
    assert bench.cell(0, 1) == shown
    assert bench.weight(path)[0, 1] == old
    assert dumps(bench.session.document) == before
    bench.session.undo_stack.redo()
    bench.settle()
    assert bench.weight(path)[0, 1] == 42


def test_an_expression_adds_to_a_slice(bench: Bench) -> None:
    bench.open("01-layers")
    path = next(row.path for row in bench.session.table.rows if len(row.shape) == 2)
    bench.look(path)
    old = bench.weight(path).clone()
    bench.tensor.table.index.setText("0, :5")
    bench.tensor.table.index.editingFinished.emit()
    bench.settle()
    bench.tensor.table.expression.setText("x + 1")
    bench.tensor.table.expression.returnPressed.emit()
    bench.settle()
    assert bench.tensor.table.problem() == ""
    new = bench.weight(path)
    assert torch.equal(new[0, :5], old[0, :5] + 1)
    assert torch.equal(new[1:], old[1:])


def test_all_layers_of_a_type_are_initialised(bench: Bench) -> None:
    bench.open("03-mlp")
    panel = bench.initializers
    panel.form.choose_scope("type")
    panel.form.choose_function(NORMAL)
    panel.form.options["std"].field.setText("0.01")
    panel.form.options["std"].field.editingFinished.emit()
    panel.apply()
    bench.settle()
    assert panel.problem.text() == ""
    weights = [row.path for row in bench.session.table.rows if row.path.endswith("weight")]
    assert [panel.changed_tensor.itemText(i) for i in range(panel.changed_tensor.count())] == weights
    assert "in theory" in panel.plot.legend()
    assert bench.weight(weights[0]).std().item() == pytest.approx(0.01, rel=0.1)


def test_an_initialiser_that_does_not_fit_leaves_everything(bench: Bench) -> None:
    bench.open("03-mlp")
    path = next(row.path for row in bench.session.table.rows if row.path.endswith("bias"))
    bench.look(path)
    old = bench.weight(path).clone()
    bench.initializers.form.choose_scope("tensor")
    bench.initializers.form.choose_function("torch.nn.init.xavier_normal_")
    bench.initializers.apply()
    bench.settle()
    assert bench.initializers.problem.text()
    assert bench.root().initializers == []
    assert torch.equal(bench.weight(path), old)


def test_run_backward_and_the_gradients(bench: Bench) -> None:
    bench.open("03-mlp")
    path = bench.session.table.rows[0].path
    bench.look(path)
    bench.tensor.sources.setCurrentIndex(1)
    bench.settle()
    assert bench.tensor.missing.text().startswith("There is no gradient yet.")
    bench.run.backward.setCurrentIndex(bench.run.backward.findData("sum"))
    bench.run.run()
    bench.settle()
    assert bench.tensor.statistics.text()
    assert bench.run.gradients.results.results
    table = bench.run.activations
    assert table.results.results
    for result in table.results.results:
        if result.ref is None:
            continue
        bench.session.show_tensor(result.ref)
        bench.settle()
        assert bench.tensor.statistics.text(), result.name
        bench.tensor.sources.setCurrentIndex(1)
        bench.settle()
        assert bench.tensor.statistics.text(), result.name


def test_save_and_load_parameters(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtWidgets import QFileDialog

    file = tmp_path / "mlp.params"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *arguments: (str(file), ""))
    bench.open("03-mlp")
    bench.files.save_parameters()
    bench.settle()
    saved = torch.load(file, weights_only=True)
    path = next(iter(saved))
    assert torch.equal(saved[path], bench.weight(path))
    bench.look(path)
    bench.tensor.table.expression.setText("0")
    bench.tensor.table.expression.returnPressed.emit()
    bench.settle()
    assert not bench.weight(path).any()
    bench.files.load_parameters(str(file))
    bench.settle()
    assert torch.equal(bench.weight(path), saved[path])
    bench.session.undo_stack.undo()
    bench.settle()
    assert not bench.weight(path).any()


@pytest.mark.parametrize("name", ["x-file", "x-files", "mydict"])
def test_files_of_tensors_are_looked_into(bench: Bench, name: str) -> None:
    bench.files.open_tensors(str(resource("examples", name)))
    bench.settle()
    (dialog,) = bench.files.dialogs
    bench.settle()
    assert dialog.panel.statistics.text()  # type: ignore[attr-defined]
    dialog.close()
