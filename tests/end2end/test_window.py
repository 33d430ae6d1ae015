"""The main job in a real window, by real mouse and key events: compose, mend, initialise, run, save, load."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from blockstudio.formats import project
from blockstudio.graph.model import Call
from blockstudio.gui import theme
from blockstudio.gui.kernel import Kernel
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.panels.initializers import InitializersPanel
from blockstudio.gui.panels.problems import ProblemsPanel
from blockstudio.gui.panels.run import RunPanel
from blockstudio.gui.panels.tensor_view import TensorPanel
from blockstudio.gui.session import Session
from blockstudio.gui.settings import Settings
from tests.end2end.hands import Hands

pytestmark = pytest.mark.window

OpenWindow = Callable[[], Hands]


@pytest.fixture
def open_window(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[OpenWindow]:
    """Open windows of the app, each with an engine of its own."""
    opened: list[tuple[MainWindow, Session, Kernel]] = []

    def open_one() -> Hands:
        theme.set_scheme(qapp, "light")
        session = Session(settings=Settings(file=tmp_path / "settings.ini"))
        window = MainWindow(session)
        window.setGeometry(0, 0, 1500, 950)
        window.show()
        kernel = Kernel()
        window.use_kernel(kernel)
        opened.append((window, session, kernel))
        kernel.start()
        hands = Hands(window, qtbot)
        hands.wait(lambda: window.late.complete)
        return hands

    yield open_one
    for window, session, kernel in opened:
        kernel.shutdown()
        session.undo_stack.setClean()
        session.set_table(None)  # nothing to ask about
        window.close()
        session.close()
        window.deleteLater()
    qapp.sendPostedEvents(None, 52)


def option(hands: Hands, name: str) -> QWidget:
    """The editor of an option in the inspector."""
    found = hands.window.inspector_panel.findChild(QWidget, f"option_{name}")
    assert found is not None
    return found


def compose_layers(hands: Hands) -> None:
    """C1 from nothing: x -> Linear(20, 256) -> ReLU -> Linear(256, 10) -> y, with a mistake on the way."""
    session = hands.window.session
    hidden = hands.add("Linear", hands.on_canvas(0.15, 0.8))
    hands.write(option(hands, "in_features"), "20")
    hands.write(option(hands, "out_features"), "256")
    out = hands.add("Linear", hands.on_canvas(0.80, 0.7))
    hands.write(option(hands, "in_features"), "100")
    hands.write(option(hands, "out_features"), "10")
    hands.click(hands.on_canvas(0.05, 0.9))
    hands.key("f")
    hands.pause(1000)
    hands.wire(("", "x"), (hidden, "input"))
    if session.graph.source_of(out, "input") != (hidden, "output"):
        hands.wire((hidden, "output"), (out, "input"))
    hands.wire((out, "output"), ("", "y"))

    # The engine says at which node the shapes do not fit, and offers what would.
    problems = hands.window.findChild(ProblemsPanel)
    assert problems is not None
    hands.wait(lambda: any(p.code == "shape-mismatch" for p in session.diagnostics))
    (problem,) = [p for p in session.diagnostics if p.code == "shape-mismatch"]
    assert problem.path == f"Net/{out}"
    hands.window.panes["problems"].raise_()
    hands.wait(lambda: any(b.isVisible() for b in problems.findChildren(QPushButton)))
    hands.click(next(b for b in problems.findChildren(QPushButton) if b.isVisible()))
    hands.wait(lambda: not session.diagnostics)
    assert session.graph.nodes[out].options["in_features"] == 256

    # A node added on a wire goes into it, or is wired by hand.
    middle = (
        hands.port(hidden, "output", True) + (hands.port(out, "input", False) - hands.port(hidden, "output", True)) / 2
    )
    relu = hands.add("ReLU", middle)
    if session.graph.source_of(relu, "input") is None:
        hands.wire((hidden, "output"), (relu, "input"))
        hands.wire((relu, "output"), (out, "input"))
    hands.wait(lambda: not session.diagnostics)


def initialise(hands: Hands, std: str) -> None:
    """Fill every parameter of the block from a normal distribution; the histograms appear."""
    hands.click(hands.on_canvas(0.05, 0.9))
    hands.window.panes["initializers"].raise_()
    panel = hands.window.findChild(InitializersPanel)
    assert panel is not None
    hands.wait(panel.apply_button.isEnabled)
    hands.choose(panel.form.function, "normal_")
    field = panel.form.findChild(QWidget, "option_std")
    assert field is not None
    hands.write(field, std)
    hands.click(panel.apply_button)
    hands.wait(lambda: panel.effect.isVisible())


def run(hands: Hands, backward: str) -> None:
    panel = hands.window.findChild(RunPanel)
    assert panel is not None
    hands.window.panes["run"].raise_()
    hands.choose(panel.backward, backward)
    hands.wait(panel.run_button.isEnabled)
    hands.click(panel.run_button)
    hands.wait(lambda: hands.window.session.run_result is not None)


PLAIN_TORCH = """
import importlib.util, sys, torch
spec = importlib.util.spec_from_file_location("net", sys.argv[1])
net = importlib.util.module_from_spec(spec)
spec.loader.exec_module(net)
model = net.Net()
model.load_state_dict(torch.load(sys.argv[2], weights_only=True))
generator = torch.Generator().manual_seed(0)
assert "blockstudio" not in sys.modules
for key, value in model.state_dict().items():
    assert abs(value.std().item() - 0.01) < 0.002 or value.numel() < 50, key
print(repr(model(torch.ones(2, 20)).sum().item()))
"""


def test_compose_mend_initialise_run_save_and_load(open_window: OpenWindow, tmp_path: Path) -> None:
    hands = open_window()
    session = hands.window.session
    hands.wait(lambda: session.kernel is not None and session.kernel.state == "idle")
    compose_layers(hands)

    initialise(hands, "0.01")
    assert session.document.definition("Net").initializers[0].function == "torch.nn.init.normal_"
    run(hands, "sum")
    assert session.run_result is not None and session.run_result.outputs[0].value.shape == (2, 10)
    assert session.run_result.backward_seconds is not None

    # A parameter chosen by hand shows values, histogram and now a gradient.
    hands.click(hands.node("linear"))
    tensor = hands.window.findChild(TensorPanel)
    assert tensor is not None
    hands.wait(lambda: tensor.histogram.isVisible())

    # Ones as input, so that another process can compute the same output.
    hands.through_dialog(str(tmp_path / "net.params"), "ctrl+p")
    hands.wait((tmp_path / "net.params").exists)
    hands.through_dialog(str(tmp_path / "net.py"), "ctrl+e")
    hands.wait((tmp_path / "net.py").exists)
    hands.through_dialog(str(tmp_path / "net.blocks"), "ctrl+s")
    hands.wait((tmp_path / "net.blocks").exists)
    command = [sys.executable, "-I", "-c", PLAIN_TORCH, str(tmp_path / "net.py"), str(tmp_path / "net.params")]
    there = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    # Everything is undone, step by step, to the empty document, and redone.
    saved = project.dumps(session.document)
    while session.undo_stack.canUndo():
        hands.window.actions_by_id["undo"].trigger()
    assert not session.graph.nodes
    while session.undo_stack.canRedo():
        hands.window.actions_by_id["redo"].trigger()
    assert project.dumps(session.document) == saved

    # A fresh window, the same project, the same parameters, the same output.
    again = open_window()
    again.through_dialog(str(tmp_path / "net.blocks"), "ctrl+o")
    again.wait(lambda: again.window.session.graph.nodes)
    again.wait(lambda: again.window.session.table is not None)
    again.through_dialog(str(tmp_path / "net.params"), "ctrl+shift+o")
    again.wait(lambda: again.window.session.undo_stack.undoText() == "Load net.params")
    panel = again.window.findChild(RunPanel)
    assert panel is not None
    again.window.panes["run"].raise_()
    again.choose(panel.inputs.rows["x"].generator, "ones")
    run(again, "none")
    result = again.window.session.run_result
    assert result is not None and result.outputs[0].statistics is not None
    here = result.outputs[0].statistics
    assert here.mean is not None
    assert here.mean * here.count == pytest.approx(there, rel=1e-5)


def test_compose_a_block_with_a_constant_and_a_shared_layer(open_window: OpenWindow) -> None:
    """C6 from nothing: linear, mm with a constant that is not trained, + 1, relu, and the same linear again."""
    hands = open_window()
    session = hands.window.session
    hands.wait(lambda: session.kernel is not None and session.kernel.state == "idle")

    def add(words: str, x: float, y: float) -> str:
        name = hands.add(words, hands.on_canvas(x, y))
        hands.click(hands.on_canvas(0.05, 0.95))
        return name

    linear = hands.add("Linear", hands.on_canvas(0.3, 0.2))
    hands.write(option(hands, "in_features"), "20")
    hands.write(option(hands, "out_features"), "20")
    hands.key("Escape")
    constant = hands.add("Constant", hands.on_canvas(0.3, 0.8))
    hands.write(option(hands, "value"), "torch.rand(20, 20)")
    product = add("torch.mm", 0.5, 0.5)
    plus = hands.add("a + b", hands.on_canvas(0.7, 0.2))
    hands.write(option(hands, "other"), "1")
    relu = add("F.relu", 0.7, 0.8)
    hands.key("f")
    hands.pause(1000)
    hands.click(hands.node(linear))
    hands.key("ctrl+shift+d")
    hands.wait(lambda: len(session.graph.nodes) == 6)
    again = next(name for name, node in session.graph.nodes.items() if isinstance(node, Call))
    hands.click(hands.on_canvas(0.05, 0.95))
    hands.key("ctrl+l")
    hands.pause(1500)  # the nodes move to their places
    hands.key("f")
    hands.pause(1000)
    for source, target in [
        (("", "x"), (linear, "input")),
        ((linear, "output"), (product, "input")),
        ((constant, "output"), (product, "mat2")),
        ((product, "output"), (plus, "input")),
        ((plus, "output"), (relu, "input")),
        ((relu, "output"), (again, "input")),
        ((again, "output"), ("", "y")),
    ]:
        if session.graph.source_of(*target) != source:
            hands.wire(source, target)
    hands.wait(lambda: session.compiled is not None and not session.diagnostics)
    assert session.compiled is not None
    forward = session.compiled.source.partition("def forward")[2]
    assert "F.relu(torch.mm(x, self.constant) + 1)" in forward
    assert forward.count("self.linear(x)") == 2
    run(hands, "sum")
    table = session.table
    assert table is not None
    assert (table.parameters, table.buffers) == (20 * 20 + 20, 400)
    hands.wait(lambda: any(row.has_gradient for row in session.table.rows if row.path == "linear.weight"))
