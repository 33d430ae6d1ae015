"""An option made a hyper-parameter takes along the sizes behind it that are the same."""

from __future__ import annotations

from blockstudio.compiler.check import check
from blockstudio.formats.project import dumps
from blockstudio.graph.document import Location
from blockstudio.graph.model import Expression
from blockstudio.gui.exposing import expose
from blockstudio.gui.session import Session
from tests.compiler.documents import document, function, graph, instance, layer, net
from tests.gui.misfit_cases import conv

NET = Location("Net")


def test_sizes_behind_it_follow(session: Session) -> None:
    nodes = [
        conv("a", 64, 64, padding=1),
        layer("norm", "BatchNorm2d", num_features=64),
        layer("act", "ReLU"),
        conv("b", 64, 64, padding=1),
        layer("last", "BatchNorm2d", num_features=64),
        function("add", "operator.add"),
    ]
    session.replace(net(graph("x", "y", nodes, "x>a a>norm norm>act act>b b>last last>add.input x>add.other add>y")))
    before = dumps(session.document)
    expose(session, NET, "a", "out_channels", 64)
    found = {name: getattr(node, "options", {}) for name, node in session.graph.nodes.items()}
    width = Expression("out_channels")
    assert found["a"]["out_channels"] == found["norm"]["num_features"] == found["b"]["in_channels"] == width
    assert found["a"]["in_channels"] == found["b"]["out_channels"] == found["last"]["num_features"] == 64
    assert not [problem for problem in check(session.document) if problem.severity == "error"]
    assert session.undo_stack.index() == 1
    session.undo_stack.undo()
    assert dumps(session.document) == before


def test_another_size_and_the_option_of_a_block(session: Session) -> None:
    block = net(graph("x", "y", [conv("c", 8, 8)], "x>c c>y"), "Block").definitions["Block"]
    nodes = [conv("a", 3, 8), instance("b", "Block"), conv("other", 4, 8)]
    whole = net(graph("x", "y", nodes, "x>a a>b a>other b>y")).definitions["Net"]
    session.replace(document(block, whole))
    expose(session, Location("Block"), "c", "in_channels", 8)
    expose(session, NET, "a", "out_channels", 8)
    assert session.graph.nodes["b"].options == {}  # type: ignore[union-attr]
    assert session.graph.nodes["other"].options["in_channels"] == 4  # type: ignore[union-attr]
