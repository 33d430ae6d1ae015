"""The list of problems: goes to the node, and mends what one click can mend."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import Problem
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode, SetNode, SetPorts
from blockstudio.graph.model import Endpoint, Layer, Port
from blockstudio.gui.fixes import Fix, fixes_of, mend
from blockstudio.gui.panels.problems import ProblemsPanel
from blockstudio.gui.session import Message, Session

NET = Location("Net")


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> Iterator[ProblemsPanel]:
    panel = ProblemsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(700, 200)
    panel.show()
    yield panel


def test_a_row_leads_to_its_node(panel: ProblemsPanel, session: Session) -> None:
    session.set_diagnostics([Problem("x", "error", "Net/loop.body/step", "It does not fit.", {}, "Traceback")])
    index = panel.model.index(0, 0)
    assert index.data() == "It does not fit."
    panel.tree.clicked.emit(index)
    assert session.location == NET.enter("loop", "body") and session.selection == ("step",)
    panel.tree.setCurrentIndex(index)
    panel._copy()
    assert QGuiApplication.clipboard().text() == "Net/loop.body/step: It does not fit.\n\nTraceback"


def test_without_problems_it_says_so(panel: ProblemsPanel, session: Session) -> None:
    assert panel.nothing.isVisible()
    session.set_diagnostics([Problem("x", "info", "Net", "Look.", {})])
    assert not panel.nothing.isVisible()
    session.set_diagnostics([])
    assert panel.nothing.isVisible()


def test_a_path_that_is_gone_does_no_harm(panel: ProblemsPanel, session: Session) -> None:
    session.set_diagnostics([Problem("x", "error", "Gone/away", "What?", {})])
    panel.tree.clicked.emit(panel.model.index(0, 0))
    assert session.location == NET


def test_a_fix_is_applied_and_undone(panel: ProblemsPanel, session: Session) -> None:
    bad = Layer(name="bad", type="torch.nn.ReLU", options={"nonsense": 1})
    session.push(AddNode(NET, bad), "Add")
    facts = {"option": "nonsense", "type": "ReLU"}
    session.set_diagnostics([Problem("option.unknown", "warning", "Net/bad", "“{option}”?", facts)])
    (button,) = panel.tree.findChildren(QPushButton)
    assert button.text() == "Remove nonsense"
    button.click()
    assert session.document.node(NET, "bad") == Layer(name="bad", type="torch.nn.ReLU")
    session.undo_stack.undo()
    assert session.document.node(NET, "bad") == bad


def fix_of(session: Session, problem: Problem) -> Fix | None:
    """The likeliest fix."""
    return next(iter(fixes_of(session, problem)), None)


def test_what_fits_is_offered(session: Session) -> None:
    problem = Problem("shape-mismatch", "error", "Net/head", "No.", {"option": "in_features", "fits": 12})
    fix = fix_of(session, problem)
    assert fix is not None and fix.text == "Set in_features to 12"
    session.push(fix.edit, fix.text)
    node = session.document.node(NET, "head")
    assert isinstance(node, Layer) and node.options["in_features"] == 12


def test_wires_to_nowhere_are_removed(session: Session) -> None:
    session.graph.connect(Endpoint("head", "nowhere"), Endpoint("", "x"))
    facts = {"name": "head", "port": "nowhere"}
    fix = fix_of(session, Problem("edge.input", "error", "Net/head", "…", facts))
    assert fix is not None
    session.push(fix.edit, fix.text)
    assert session.graph.source_of("head", "nowhere") is None


def test_an_unused_input_is_removed_if_there_is_another(session: Session) -> None:
    unused = Problem("input.unused", "warning", "Net", "…", {"name": "x2"})
    session.push(SetPorts(NET, "inputs", (*session.graph.inputs, Port("x2"))), "Add")
    fix = fix_of(session, unused)
    assert fix is not None
    session.push(fix.edit, fix.text)
    assert [port.name for port in session.graph.inputs] == ["x"]
    assert fix_of(session, unused) is None


def test_a_fix_is_for_the_document_of_now(panel: ProblemsPanel, session: Session) -> None:
    problem = Problem("shape-mismatch", "error", "Net/head", "No.", {"option": "in_features", "fits": 12})
    session.set_diagnostics([problem])
    (button,) = panel.tree.findChildren(QPushButton)
    node = session.document.node(NET, "head")
    assert isinstance(node, Layer)
    session.push(SetNode(NET, evolve(node, options={**node.options, "bias": False})), "Set bias")
    button.click()  # it was made before that
    assert session.document.node(NET, "head").options["bias"] is False  # type: ignore[union-attr]
    assert session.document.node(NET, "head").options["in_features"] == 12  # type: ignore[union-attr]
    said: list[Message] = []
    session.message.connect(said.append)
    mend(session, evolve(problem, path="Net/gone"), "Set in_features to 12")
    assert "something else has changed" in said[-1].text
