"""Wires that would run behind nodes go round them, and only those that something moved near change their way."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt

from blockstudio.graph.document import Document
from blockstudio.graph.edits import AddNode, Batch, Connect, MoveNodes, SetRoute
from blockstudio.graph.model import Definition, Endpoint, Function, Graph, Layer
from blockstudio.gui.canvas.facts.spatial import Box
from blockstudio.gui.canvas.painting.edge_item import EdgeItem, owners
from blockstudio.gui.canvas.scene import ways
from blockstudio.gui.canvas.scene.detours import DIRECT, ROOM, detour
from blockstudio.gui.canvas.scene.scene import CanvasScene

from .conftest import ROOT, Desk

SKIP = Endpoint("add", "other")


def near(*boxes: Box):
    def found(area: Box) -> list[Box]:
        left, top, right, bottom = area
        return [b for b in boxes if b[0] <= right and b[2] >= left and b[1] <= bottom and b[3] >= top]

    return found


def no_own() -> list[Box]:
    return []


# --- the way of one wire ------------------------------------------------------------------------


def test_with_nothing_in_the_way_a_wire_runs_as_it_comes() -> None:
    beside = (100.0, 60.0, 300.0, 100.0)
    assert detour((0.0, 0.0, 400.0, 0.0), near(beside), no_own) == DIRECT
    assert detour((0.0, 0.0, 400.0, 0.0), near(), no_own) == DIRECT


def test_it_passes_on_the_nearer_side() -> None:
    low, high = (100.0, -10.0, 300.0, 50.0), (100.0, -50.0, 300.0, 10.0)
    assert {y for _, y in detour((0.0, 0.0, 400.0, 0.0), near(low), no_own).points} == {-10.0 - ROOM}
    assert {y for _, y in detour((0.0, 0.0, 400.0, 0.0), near(high), no_own).points} == {10.0 + ROOM}


def test_it_passes_all_that_stand_in_a_row_at_one_height() -> None:
    row = [(100.0 + 150.0 * i, -20.0 - 5.0 * i, 200.0 + 150.0 * i, 30.0) for i in range(4)]
    (first, level), (last, same) = detour((0.0, 0.0, 800.0, 0.0), near(*row), no_own).points
    assert level == same == 30.0 + ROOM
    assert first < row[0][0] and last > row[-1][2]


def test_a_place_that_is_taken_is_none() -> None:
    one, other = (100.0, -10.0, 300.0, 30.0), (120.0, -70.0, 280.0, -20.0)
    assert {y for _, y in detour((0.0, 0.0, 400.0, 0.0), near(one, other), no_own).points} == {30.0 + ROOM}


def test_where_only_a_long_way_leads_round_it_runs_behind() -> None:
    wall = (100.0, -2000.0, 300.0, 2000.0)
    assert detour((0.0, 0.0, 400.0, 0.0), near(wall), no_own).points == ()


def test_back_it_runs_where_there_is_room() -> None:
    start, end = (300.0, 0.0, 400.0, 400.0), (0.0, 0.0, 100.0, 40.0)
    found = detour((400.0, 20.0, 0.0, 20.0), near(), lambda: [start, end])
    assert found.level == -ROOM  # above both: below the tall one is farther


# --- in a scene ---------------------------------------------------------------------------------


@pytest.fixture
def skipping(net: Desk) -> Desk:
    """x is added to what came of it, on one line."""
    for edit in (
        AddNode(ROOT, Function(name="add", type="operator.add", position=(850.0, 100.0))),
        Connect(ROOT, Endpoint("add", "input"), Endpoint("linear_2", "output")),
        Connect(ROOT, SKIP, Endpoint("", "x")),
        Connect(ROOT, Endpoint("", "y"), None),
    ):
        net.session.push(edit, "Make")
    net.check()
    return net


def inside(wire: EdgeItem, body: QRectF) -> bool:
    path = wire.path()
    return any(body.contains(path.pointAtPercent(step / 300)) for step in range(301))


def covered(scene: CanvasScene, wire: EdgeItem) -> list[str]:
    """The nodes that a wire runs behind, the two it joins among them."""
    ends = owners(wire)
    return [
        item.key.name
        for item in scene.nodes.values()
        if inside(wire, item.body.adjusted(5, 5, -5, -5) if item.key in ends else item.body)
    ]


def test_a_wire_past_nodes_goes_round_them_and_the_document_knows_nothing_of_it(skipping: Desk) -> None:
    wire = skipping.scene.edges[SKIP]
    assert covered(skipping.scene, wire) == []
    assert len(wire.detour) == 2 and not wire.via
    assert skipping.graph.routes == {}
    others = [edge for target, edge in skipping.scene.edges.items() if target != SKIP]
    assert not any(edge.bent for edge in others)


def test_it_is_found_cut_and_bent_where_it_runs(skipping: Desk) -> None:
    wire = skipping.scene.edges[SKIP]
    place = skipping.canvas.mapFromScene(wire.middle())
    assert skipping.hit(place).key == wire.key
    skipping.press(place - QPoint(0, 14), Qt.MouseButton.RightButton, Qt.KeyboardModifier.ControlModifier)
    skipping.hover(place + QPoint(0, 14))
    skipping.release(place + QPoint(0, 14), Qt.MouseButton.RightButton, Qt.KeyboardModifier.ControlModifier)
    assert SKIP not in skipping.graph.edges
    skipping.session.undo_stack.undo()
    skipping.check()
    skipping.drag(place, place + QPoint(0, -60))
    (point,) = skipping.graph.routes[SKIP]
    wire = skipping.scene.edges[SKIP]
    assert wire.via == (point,) and not wire.detour  # the user's own way is the way
    skipping.session.undo_stack.undo()
    assert skipping.scene.edges[SKIP].detour


def test_dropped_on_the_way_of_a_wire_a_node_is_gone_round_and_moved_away_it_runs_straight_again(net: Desk) -> None:
    net.session.push(AddNode(ROOT, Function(name="tanh", type="torch.tanh", position=(300.0, 320.0))), "Add")
    net.session.push(MoveNodes(ROOT, {"relu": (560.0, 100.0), "linear_2": (760.0, 100.0)}), "Move")
    net.session.push(Connect(ROOT, Endpoint("", "y"), None), "Unplug")
    wire = net.scene.edges[Endpoint("relu", "input")]
    before = wire.path().boundingRect()
    net.session.push(MoveNodes(ROOT, {"tanh": (400.0, 105.0)}), "Move")
    net.check()
    assert wire.detour and covered(net.scene, wire) == []
    net.drag(net.node("tanh"), net.node("tanh") + QPoint(0, 220))
    assert not wire.detour and wire.path().boundingRect() == before
    net.session.undo_stack.undo()
    net.check()
    assert wire.detour


def test_what_stood_in_the_way_goes_with_more_wires_than_are_left(skipping: Desk) -> None:
    skipping.session.push(Connect(ROOT, Endpoint("add", "input"), None), "Unplug")
    wire = skipping.scene.edges[SKIP]
    assert wire.detour
    skipping.select(*(set(skipping.graph.nodes) - {"add"}))
    skipping.key(Qt.Key.Key_Delete)
    assert set(skipping.graph.edges) == {SKIP} and not wire.detour


def test_while_something_is_dragged_the_wires_below_it_stay_so_that_it_can_be_dropped_on_them(net: Desk) -> None:
    net.session.push(AddNode(ROOT, Function(name="tanh", type="torch.tanh", position=(300.0, 320.0))), "Add")
    wire = net.scene.edges[Endpoint("relu", "input")]
    place = net.wire("relu")
    net.drag(net.node("tanh"), place, let_go=False)
    assert not wire.bent
    net.release(place)
    assert net.graph.edges[Endpoint("tanh", "input")] == Endpoint("linear", "output")


def test_wires_far_away_keep_their_way(skipping: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Endpoint] = []
    way_of = ways.Ways.way_of

    def seen(self: ways.Ways, edge: EdgeItem):
        looked.append(edge.target)
        return way_of(self, edge)

    skipping.session.push(AddNode(ROOT, Function(name="far", type="torch.tanh", position=(300.0, 2000.0))), "Add")
    monkeypatch.setattr(ways.Ways, "way_of", seen)
    skipping.session.push(MoveNodes(ROOT, {"far": (400.0, 2100.0)}), "Move")
    assert looked == []
    skipping.session.push(MoveNodes(ROOT, {"far": (430.0, 50.0)}), "Move")
    assert SKIP in looked and len(looked) < len(skipping.scene.edges)


def test_back_past_a_tall_node_a_wire_goes_round_it(net: Desk) -> None:
    tall = Layer(
        name="lstm", type="torch.nn.LSTM", options={"input_size": 10, "hidden_size": 5}, position=(700.0, 300.0)
    )
    net.session.push(AddNode(ROOT, tall), "Add")
    net.session.push(AddNode(ROOT, Function(name="tanh", type="torch.tanh", position=(200.0, 370.0))), "Add")
    net.session.push(Connect(ROOT, Endpoint("tanh", "input"), Endpoint("lstm", "output")), "Wire")
    net.check()
    wire = net.scene.edges[Endpoint("tanh", "input")]
    assert wire.x1 < wire.x0 and covered(net.scene, wire) == []


def test_a_wire_that_the_user_bent_stays_where_it_was_bent(skipping: Desk) -> None:
    skipping.session.push(SetRoute(ROOT, SKIP, ((400.0, 120.0),)), "Bend")
    wire = skipping.scene.edges[SKIP]
    assert wire.via == ((400.0, 120.0),) and not wire.detour
    skipping.session.push(MoveNodes(ROOT, {"relu": (410.0, 105.0)}), "Move")
    assert not wire.detour


def crowd(seed: int, count: int, down: bool) -> Document:
    draw = random.Random(seed)
    graph = Graph(down=down)
    for i in range(count):
        place = (draw.randrange(0, 120) * 10.0, draw.randrange(0, 80) * 10.0)
        graph.nodes[f"n{i}"] = Function(name=f"n{i}", type="torch.tanh", position=place)
        if i:
            graph.connect(Endpoint(f"n{i}", "input"), Endpoint(f"n{draw.randrange(i)}", "output"))
    return Document("Net", {"Net": Definition("Net", graph)})


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_following_comes_to_the_same_as_looking_afresh(desk: Desk, seed: int, down: bool) -> None:
    desk.show_document(crowd(seed, 30, down))
    draw = random.Random(seed)
    for _ in range(40):
        moved = draw.sample(list(desk.graph.nodes), draw.choice((1, 1, 1, 4)))
        places = {name: (draw.randrange(0, 120) * 10.0, draw.randrange(0, 80) * 10.0) for name in moved}
        desk.session.push(MoveNodes(ROOT, places), "Move")
        desk.check()  # compares the way of every wire with what it would be now
    assert any(edge.detour for edge in desk.scene.edges.values())
    assert any(edge.level is not None for edge in desk.scene.edges.values())
    drawn = {target: edge.pieces() for target, edge in desk.scene.edges.items()}
    fresh = CanvasScene()
    fresh.show_graph(desk.session.document, ROOT)
    assert {target: edge.pieces() for target, edge in fresh.edges.items()} == drawn


def test_round_nodes_a_wire_leads_through_none(desk: Desk) -> None:
    """Nodes with room between them, as people set them: nothing is left behind another."""
    draw = random.Random(5)
    graph = Graph()
    for i in range(24):
        place = (240.0 * (i % 6) + draw.randrange(0, 6) * 10.0, 130.0 * (i // 6) + draw.randrange(0, 3) * 10.0)
        graph.nodes[f"n{i}"] = Function(name=f"n{i}", type="torch.tanh", position=place)
    for i in range(24):
        for j in draw.sample(range(24), 2):
            if j % 6 > i % 6:
                graph.connect(Endpoint(f"n{j}", "input"), Endpoint(f"n{i}", "output"))
    desk.show_document(Document("Net", {"Net": Definition("Net", graph)}))
    edges = desk.scene.edges.values()
    assert sum(bool(edge.detour) for edge in edges) >= 3
    hidden = [edge.target for edge in edges if covered(desk.scene, edge)]
    assert hidden == []


def test_of_very_many_wires_those_in_view_are_led_when_they_are_painted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways, "MANY", 28)
    document = crowd(1, 30, False)
    desk.show_document(document)
    assert desk.scene.ways.loose == set(desk.scene.edges)
    desk.canvas.set_view(QPointF(300.0, 300.0), 3.0)
    desk.canvas.grab()
    led = set(desk.scene.edges) - desk.scene.ways.loose
    assert led
    assert all(
        (edge.detour, edge.level) == ((way := desk.scene.ways.way_of(edge)).points, way.level)
        for edge in map(desk.scene.edges.__getitem__, led)
    )
    desk.check()


def test_a_frame_in_the_way_is_no_obstacle(net: Desk) -> None:
    from blockstudio.graph.edits import SetNote
    from blockstudio.graph.model import Note

    net.session.push(Batch((SetNote(ROOT, "frame_1", Note("F", (300.0, 60.0), (60.0, 200.0), frame=True)),)), "Frame")
    assert not any(edge.bent for edge in net.scene.edges.values())
