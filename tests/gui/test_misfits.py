"""Every offered way to mend a misfit does: the shapes are worked out again, and the problem is gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from blockstudio.engine.protocol import Problem
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Example, Node, Port
from blockstudio.gui.fixes import Fix, fixes_of
from blockstudio.gui.session import Session
from blockstudio.runtime.shapes import ShapeFinder
from tests.compiler.documents import function, graph, layer, linear, net

FINDER = ShapeFinder()


@pytest.fixture
def opened(qapp: QApplication) -> Iterator[Session]:
    session = Session()
    yield session
    session.close()


def chain(example: Example, *nodes: Node) -> Document:
    names = ["x", *(node.name for node in nodes), "y"]
    wires = " ".join(f"{a}>{b}" for a, b in zip(names, [*names[1:], ""], strict=True) if b)
    return net(graph([Port("x", example=example)], "y", list(nodes), wires))


def work_out(session: Session) -> list[Problem]:
    """Let the session know the shapes, and give the problems."""
    found = FINDER.shapes(session.document)
    session.set_shapes(found)
    return [problem for problem in found.problems if problem.severity == "error"]


def fixes(session: Session, document: Document) -> list[Fix]:
    session.replace(document)
    (problem,) = work_out(session)
    return fixes_of(session, problem)


FLAT = Example((2, 20))
CASES = {
    "width": (
        chain(FLAT, linear("a", 20, 256), function("relu"), linear("b", 20, 4)),
        ["Set in_features to 256", "Set out_features of a to 20"],
    ),
    "channels": (
        chain(
            Example((2, 3, 8, 8)),
            layer("a", "Conv2d", in_channels=3, out_channels=8, kernel_size=3),
            layer("b", "Conv2d", in_channels=4, out_channels=8, kernel_size=3),
        ),
        ["Set in_channels to 8", "Set out_channels of a to 4"],
    ),
    "image": (
        chain(Example((2, 3, 4, 5)), linear("a", 60, 4)),
        ["Set in_features to 5", "Insert a Flatten"],
    ),
    "image and width": (
        chain(Example((2, 3, 4, 5)), linear("a", 7, 4)),
        ["Set in_features to 5", "Insert a Flatten and set in_features to 60"],
    ),
    "rank": (
        chain(Example((2, 3, 8, 8)), layer("norm", "BatchNorm1d", num_features=3)),
        ["Replace by BatchNorm2d"],
    ),
    "dtype": (
        chain(Example((2, 20), "int64"), linear("a", 20, 4)),
        ["Convert to float32"],
    ),
    "indices": (
        chain(FLAT, layer("words", "Embedding", num_embeddings=10, embedding_dim=4)),
        ["Convert to int64"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_way_mends_it(opened: Session, name: str) -> None:
    document, texts = CASES[name]
    found = fixes(opened, document)
    assert [fix.text for fix in found] == texts
    for fix in found:
        opened.push(fix.edit, fix.text)
        assert work_out(opened) == [], fix.text
        opened.undo_stack.undo()
        assert len(work_out(opened)) == 1


def test_what_is_behind_makes_room(opened: Session) -> None:
    document = chain(Example((2, 20), "int64"), linear("a", 20, 4), linear("b", 4, 4))
    (fix,) = fixes(opened, document)
    opened.push(fix.edit, fix.text)
    nodes = opened.document.graph(Location("Net")).nodes
    assert nodes["float_1"].position[0] < nodes["a"].position[0]
    assert nodes["a"].position[0] == nodes["b"].position[0]
