"""Room for a block that grows, in graphs that are not in view."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt

from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddDefinition, AddNode, MoveNodes
from blockstudio.graph.model import Definition, Graph, Instance, Layer
from blockstudio.gui.canvas.facts.insides import drawn_in
from blockstudio.gui.canvas.scene import beyond
from blockstudio.gui.navigation import Place, View

from .conftest import ROOT, Desk
from .test_expanding import BLOCK

OTHER = Location("Other")


def alone(desk: Desk) -> None:
    """Work in `Block` where nothing that shows it is in view; there is `other`, which shows it and is shown itself."""
    session = desk.session
    beside = Layer(name="beside", type="torch.nn.Tanh", position=(1000.0, 0.0))
    inner = Instance(name="inner", definition="Block", position=(0.0, 0.0), expanded=True)
    session.push(AddDefinition(Definition("Other", Graph(nodes={"inner": inner, "beside": beside}))), "")
    session.push(AddNode(ROOT, Instance(name="other", definition="Other", position=(0.0, 900.0), expanded=True)), "")
    session.push(AddNode(ROOT, Layer(name="last", type="torch.nn.Tanh", position=(3000.0, 900.0))), "")
    session.undo_stack.clear()


def overlaps(desk: Desk) -> list[tuple[str, str]]:
    """The nodes that stand on each other, in any graph."""
    found = []
    for place in (ROOT, OTHER):
        desk.session.enter(place)
        bodies: dict[str, QRectF] = {name: item.body for name, item in desk.scene.nodes.items()}
        found += [(a, b) for a in bodies for b in bodies if a < b and bodies[a].intersects(bodies[b])]
    return found


def places(desk: Desk) -> dict[str, tuple[float, float]]:
    document = desk.session.document
    return {name: node.position for place in (ROOT, OTHER) for name, node in document.graph(place).nodes.items()}


def far(desk: Desk) -> None:
    """Something inside goes far away, to the right and down."""
    desk.session.push(MoveNodes(BLOCK, {"relu": (2500.0, 700.0)}), "")
    desk.check()


@pytest.fixture
def unseen(twice: Desk) -> Desk:
    alone(twice)
    twice.canvas.fit_all()
    return twice


def work_alone(desk: Desk) -> None:
    """In a window in which only the block was ever seen."""
    desk.session.restore_view(View((Place(BLOCK),)))
    assert not desk.canvas.in_place
    desk.check()


def test_neighbours_make_room_in_graphs_that_are_not_in_view(unseen: Desk) -> None:
    assert not overlaps(unseen)
    work_alone(unseen)
    start, before = unseen.bytes(), places(unseen)
    far(unseen)
    after = places(unseen)
    assert after["beside"][0] > before["beside"][0]
    assert after["last"][0] > before["last"][0]
    assert not overlaps(unseen)
    assert unseen.steps() == 1
    unseen.session.undo_stack.undo()
    unseen.check()
    assert unseen.bytes() == start


def test_they_are_let_go_when_one_works_elsewhere(unseen: Desk) -> None:
    work_alone(unseen)
    assert {scene.location for scene in unseen.scene.family} == {BLOCK, ROOT, OTHER}
    unseen.session.push(AddDefinition(Definition("Lone")), "")
    unseen.session.restore_view(View((Place(Location("Lone")),)))
    assert {scene.location for scene in unseen.scene.family} == {Location("Lone")}


def test_very_large_graphs_are_left_alone(unseen: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beyond, "MOST", 0)
    work_alone(unseen)
    assert {scene.location for scene in unseen.scene.family} == {BLOCK}


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("kind", ["while", "if", "repeat"])
def test_control_flow_that_grows_stands_on_no_neighbour_when_one_comes_out(
    net: Desk, kind: str, in_place: bool
) -> None:
    net.canvas.add_entry(f"node:{kind}", QPointF(200.0, 500.0))
    (name,) = net.selected()
    net.key(Qt.Key.Key_E)
    body = net.scene.nodes[name].body
    for beside, position in (("right", (body.right() + 30.0, body.top())), ("below", (200.0, body.bottom() + 30.0))):
        net.session.push(AddNode(ROOT, Layer(name=beside, type="torch.nn.Tanh", position=position)), "")
    net.select(name)
    if in_place:
        net.key(Qt.Key.Key_Return)
    else:
        inner = drawn_in(net.session.document, ROOT, net.graph.nodes[name], {})
        assert inner is not None
        net.session.restore_view(View((Place(inner),)))
    assert net.canvas.in_place == in_place
    steps = net.steps()
    net.session.push(
        AddNode(net.session.location, Layer(name="far", type="torch.nn.Tanh", position=(1500.0, 700.0))), ""
    )
    assert net.steps() == steps + 1
    net.session.enter(ROOT)
    bodies = {name: item.body for name, item in net.scene.nodes.items()}
    assert bodies[name].width() > body.width()
    assert not [(a, b) for a in bodies for b in bodies if a < b and bodies[a].intersects(bodies[b])]
