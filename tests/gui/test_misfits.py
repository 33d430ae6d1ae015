"""Every offered way to mend a misfit does: the shapes are worked out again, and the problem is gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from blockstudio.compiler.check import check
from blockstudio.engine.protocol import Problem
from blockstudio.formats.project import dumps
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Example
from blockstudio.gui import i18n
from blockstudio.gui.fixes import Fix, fixes_of
from blockstudio.gui.i18n import message
from blockstudio.gui.session import Session
from blockstudio.runtime.shapes import ShapeFinder
from tests.compiler.documents import linear
from tests.gui.misfit_cases import CASES, MENDS, chain

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


def test_what_is_behind_makes_room(opened: Session) -> None:
    document = chain(Example((2, 20), "int64"), linear("a", 20, 4), linear("b", 4, 4))
    fix, _ = fixes(opened, document)
    opened.push(fix.edit, fix.text)
    nodes = opened.document.graph(Location("Net")).nodes
    assert nodes["float_1"].position[0] < nodes["a"].position[0]
    assert nodes["a"].position[0] == nodes["b"].position[0]
