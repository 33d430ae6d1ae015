"""Room for a block that grows: what is beside and below it goes along, and what that would run into."""

from __future__ import annotations

import pytest

from blockstudio.graph.document import Document
from blockstudio.graph.edits import AddNode, MoveNodes, SetNote
from blockstudio.graph.model import Definition, Graph, Instance, Layer, Node, Note, Position

from .conftest import ROOT, Desk
from .test_expanding import BLOCK


def layer(name: str, x: float, y: float) -> Node:
    return Layer(name=name, type="torch.nn.ReLU", position=(x, y))


@pytest.fixture
def grid(desk: Desk) -> Desk:
    """An expanded block, one node below it, and one below that which is not below the block."""
    root = Graph(nodes={"block": Instance(name="block", definition="Block", position=(10.0, 0.0), expanded=True)})
    root.nodes["below"] = layer("below", 100.0, 300.0)
    root.nodes["aside"] = layer("aside", -60.0, 400.0)
    root.nodes["right"] = layer("right", 800.0, 30.0)
    root.nodes["above"] = layer("above", 1100.0, -200.0)
    inner = Graph(nodes={"a": layer("a", 0.0, 10.0), "b": layer("b", 200.0, 10.0)})
    desk.show_document(Document("Net", {"Net": Definition("Net", root), "Block": Definition("Block", inner)}))
    desk.session.push(MoveNodes(ROOT, {"below": (-20.0, 300.0), "aside": (-150.0, 360.0)}), "")
    desk.session.undo_stack.clear()
    return desk


def places(desk: Desk) -> dict[str, Position]:
    return {name: node.position for name, node in desk.session.document.graph(ROOT).nodes.items()}


def test_what_the_moved_would_run_into_moves_too(grid: Desk) -> None:
    start, before = grid.bytes(), places(grid)
    bodies = {name: item.body for name, item in grid.scene.nodes.items()}
    assert bodies["aside"].right() < bodies["block"].left() < bodies["below"].right()
    grid.session.push(MoveNodes(BLOCK, {"b": (600.0, 310.0)}), "")
    grid.check()
    after = places(grid)
    moved = {name: (x - before[name][0], y - before[name][1]) for name, (x, y) in after.items()}
    assert moved["below"] == moved["aside"] != (0.0, 0.0)
    assert moved["right"][0] > 0.0 and moved["right"][1] == 0.0
    assert moved["above"] == (0.0, 0.0)
    bodies = {name: item.body for name, item in grid.scene.nodes.items()}
    assert not [(a, b) for a in bodies for b in bodies if a < b and bodies[a].intersects(bodies[b])]
    grid.session.push(MoveNodes(BLOCK, {"b": (200.0, 10.0)}), "")
    assert places(grid) == before
    assert grid.undo_all() == start


def test_what_stands_in_a_frame_that_moves_goes_with_it(grid: Desk) -> None:
    grid.session.push(SetNote(ROOT, "frame", Note("Frame", (700.0, -300.0), (600.0, 500.0), frame=True)), "")
    grid.session.push(AddNode(ROOT, layer("behind", 1500.0, -200.0)), "")
    before = places(grid)
    grid.session.push(MoveNodes(BLOCK, {"b": (900.0, 10.0)}), "")
    moved = {name: x - before[name][0] for name, (x, _) in places(grid).items()}
    note = grid.graph.notes["frame"].position[0] - 700.0
    assert moved["right"] == moved["above"] == moved["behind"] == note > 0.0
