"""Every offered way to mend a misfit does: the shapes are worked out again, and the problem is gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve
from PySide6.QtWidgets import QApplication

from blockstudio.compiler.check import check
from blockstudio.engine.protocol import Problem
from blockstudio.formats.project import dumps
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import MoveNodes, SetPorts
from blockstudio.graph.looks import SetDirection
from blockstudio.graph.model import Example
from blockstudio.gui import i18n
from blockstudio.gui.fixes import Fix, fixes_of
from blockstudio.gui.i18n import message
from blockstudio.gui.session import Session
from blockstudio.runtime.shapes import ShapeFinder
from tests.compiler.documents import linear
from tests.gui.misfit_cases import CASES, chain
from tests.gui.misfit_mends import MENDS

NET = Location("Net")
FINDER = ShapeFinder()
FIRST_WORDS = ("It", "Expected", "expected", "Given", "Calculated", "Dimension", "must", "size")
"""What torch's own English has in it."""


@pytest.fixture
def opened(qapp: QApplication) -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def work_out(session: Session) -> list[Problem]:
    """Let the session know the shapes, and give the problems."""
    found = FINDER.shapes(session.document)
    session.set_shapes(found)
    return [problem for problem in found.problems if problem.severity == "error"]


def fixes(session: Session, document: Document) -> list[Fix]:
    session.replace(document)
    (problem,) = work_out(session)
    return fixes_of(session, problem)


def test_every_misfit_says_what_is_offered() -> None:
    assert CASES.keys() == MENDS.keys()


@pytest.mark.parametrize("name", CASES)
def test_each_way_mends_it(opened: Session, name: str) -> None:
    found = fixes(opened, CASES[name])
    assert [fix.text for fix in found] == MENDS[name]
    before = dumps(opened.document)
    for fix in found:
        opened.push(fix.edit, fix.text)
        assert work_out(opened) == [], fix.text
        assert [d for d in check(opened.document) if d.severity == "error"] == []
        opened.undo_stack.undo()
        assert dumps(opened.document) == before
        assert len(work_out(opened)) == 1


@pytest.mark.parametrize("name", CASES)
def test_each_is_said_in_chinese_too(opened: Session, name: str) -> None:
    opened.replace(CASES[name])
    (problem,) = work_out(opened)
    english = message(problem)
    i18n.set_language("zh_CN")
    try:
        assert message(problem) != english
        assert not set(FIRST_WORDS) & set(message(problem).split())
        assert all(not fix.text.isascii() for fix in fixes_of(opened, problem))
    finally:
        i18n.set_language("en")


def test_of_a_block_used_twice_it_says_for_which(opened: Session) -> None:
    opened.replace(CASES["hyper-parameter of a block"])
    (problem,) = work_out(opened)
    assert problem.path == "Block/c" and message(problem).endswith("(In Net/two.)")


def test_what_is_behind_makes_room(opened: Session) -> None:
    document = chain(Example((2, 20), "int64"), linear("a", 20, 4), linear("b", 4, 4))
    fix, _ = fixes(opened, document)
    opened.push(fix.edit, fix.text)
    places = [node.position for node in opened.document.graph(NET).nodes.values()]
    assert set(places) == {(0.0, 0.0)}  # nobody has placed them: the canvas does
    opened.undo_stack.undo()
    opened.push(MoveNodes(NET, {"a": (200.0, 50.0), "b": (500.0, 50.0)}), "Move")
    outputs = tuple(evolve(port, position=(800.0, 50.0)) for port in opened.document.graph(NET).outputs)
    opened.push(SetPorts(NET, "outputs", outputs), "Move")
    work_out(opened)
    fix, _ = fixes_of(opened, work_out(opened)[0])
    opened.push(fix.edit, fix.text)
    graph = opened.document.graph(NET)
    new, a, b = (graph.nodes[name].position for name in ("float_1", "a", "b"))
    room = a[0] - 200.0
    assert new == (200.0, 50.0) and room > 130.0
    assert b == (500.0 + room, 50.0) and graph.outputs[0].position == (800.0 + room, 50.0)


def test_what_is_put_on_a_shortcut_stands_below(opened: Session) -> None:
    opened.replace(CASES["strided shortcut"])
    opened.push(MoveNodes(NET, {"a": (200.0, 0.0), "add": (500.0, 0.0)}), "Move")
    (fix,) = fixes_of(opened, work_out(opened)[0])
    opened.push(fix.edit, fix.text)
    nodes = opened.document.graph(NET).nodes
    assert nodes["conv2d"].position[1] > nodes["a"].position[1]


def test_down_the_page_what_is_behind_moves_down(opened: Session) -> None:
    opened.replace(CASES["no flatten"])
    opened.push(SetDirection(NET, True), "Down")
    opened.push(MoveNodes(NET, {"a": (10.0, 200.0)}), "Move")
    fix, _ = fixes_of(opened, work_out(opened)[0])
    opened.push(fix.edit, fix.text)
    nodes = opened.document.graph(NET).nodes
    assert nodes["flatten"].position == (10.0, 200.0) and nodes["a"].position[1] > 250.0
