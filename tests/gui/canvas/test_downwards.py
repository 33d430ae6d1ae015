"""A graph drawn from top to bottom: ports above and below, and every gesture along that direction."""

from __future__ import annotations

from itertools import pairwise

import pytest
from attrs import evolve
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt

from blockstudio.formats.project import dumps, loads
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode, Connect, MoveNodes, SetNode
from blockstudio.graph.grouping import group
from blockstudio.graph.looks import SetDirection
from blockstudio.graph.model import Endpoint, Function, Instance, Layer
from blockstudio.gui.canvas.commands.walking import beside, in_turn
from blockstudio.gui.canvas.facts.keys import Key, PortKey, node_key
from blockstudio.gui.canvas.painting.edge_item import owners
from blockstudio.gui.canvas.painting.labels import label_place
from blockstudio.gui.canvas.painting.strokes import Strokes, lines_of
from blockstudio.gui.canvas.scene.export import paint

from .conftest import ROOT, Desk, chain

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NAMES = ("linear", "relu", "linear_2")


@pytest.fixture
def tower(net: Desk) -> Desk:
    net.canvas.turn()
    net.canvas.set_view(net.scene.extent().center(), 1.0)
    return net


def test_turning_is_one_step_that_is_kept_in_the_file(net: Desk) -> None:
    start = net.bytes()
    assert b'"down"' not in start
    net.key(Qt.Key.Key_L, CTRL | SHIFT)
    assert net.graph.down and net.steps() == 1
    assert loads(net.bytes()) == net.session.document and b'"down": true' in net.bytes()
    assert net.undo_all() == start
    net.session.undo_stack.redo()
    net.key(Qt.Key.Key_L, CTRL | SHIFT)
    assert not net.graph.down
    assert not any(pill.down for pill in net.scene.pills.values())


def test_all_of_a_turned_graph_is_shown(net: Desk) -> None:
    net.canvas.animated = True
    net.canvas.turn()
    net.canvas.stop_animation()
    assert net.canvas.visible_rect().contains(net.scene.extent())
    net.check()


def test_ports_are_above_and_below(tower: Desk) -> None:
    for name in NAMES:
        item = tower.scene.nodes[name]
        (into,), (out,) = item.geometry.inputs.values(), item.geometry.outputs.values()
        assert (into.point.x(), into.point.y()) == (item.geometry.width / 2, 0.0)
        assert (out.point.x(), out.point.y()) == (item.geometry.width / 2, item.geometry.height)
    for key, pill in tower.scene.pills.items():
        place = tower.scene.port_place(PortKey("", key.name, key.kind == "input"))
        assert place.x() == pill.body.center().x()
        assert place.y() == (pill.body.bottom() if key.kind == "input" else pill.body.top())


def test_wires_leave_downwards_and_are_straight_in_a_chain(tower: Desk) -> None:
    for edge in tower.scene.edges.values():
        assert edge.x0 == edge.x1 and edge.y0 < edge.y1
        box = QRectF(edge.path().boundingRect())
        assert box.width() == 0.0
        left, top, right, bottom = edge.box()
        assert left <= box.left() <= box.right() <= right and top <= box.top() <= box.bottom() <= bottom
        assert edge.distance(edge.middle()) < 0.5
        assert edge.least_distance(edge.x0 + 30.0, edge.middle().y()) == pytest.approx(30.0)


def test_a_long_wire_seen_in_part_is_that_part_of_it(tower: Desk) -> None:
    tower.session.push(MoveNodes(ROOT, {"linear": (-700.0, 1500.0)}), "Move")
    edge = tower.scene.edges[Endpoint("linear", "input")]
    edge.lead((), None)  # straight there, whatever stands in the way
    for top in (300.0, 700.0, 1200.0):
        area = QRectF(-2000.0, top, 4000.0, 100.0)
        part = edge.path_in(area)
        assert edge.is_seen_in(area) and part.boundingRect().height() < 160.0
        lines = Strokes().of([edge], area, 1.0)
        assert lines[0].y1() <= top and top + 100.0 <= lines[-1].y2() and len(lines) < len(lines_of(edge.path(), 1.0))
        for step in range(11):
            assert edge.distance(part.pointAtPercent(step / 10)) < 2.0


def test_names_of_ports_have_room_beside_each_other(tower: Desk) -> None:
    layer = Layer(name="attention", type="torch.nn.MultiheadAttention", options={"embed_dim": 8, "num_heads": 2})
    tower.session.push(AddNode(ROOT, layer), "Add")
    tower.scene.show_all_ports("attention", True)
    geometry = tower.scene.nodes["attention"].geometry
    from blockstudio.gui.canvas.painting.look import measure

    assert len(geometry.inputs) > 3 and len(geometry.outputs) == 2
    for anchors in (geometry.inputs, geometry.outputs):
        spans = []
        for anchor in anchors.values():
            half = measure("small").width(anchor.face.label) / 2
            assert anchor.face.label
            spans.append((anchor.point.x() - half, anchor.point.x() + half))
        assert spans[0][0] > 0.0 and spans[-1][1] < geometry.width
        assert all(one[1] + 3.0 < other[0] for one, other in pairwise(spans))
    assert geometry.top > 0.0 and geometry.title.y > geometry.top
    assert max(line.y for line in geometry.detail) < geometry.height - 20.0


def test_the_pointer_finds_ports_and_wires_and_takes_the_node_elsewhere(tower: Desk) -> None:
    assert tower.hit(tower.input("relu")).port == PortKey("relu", "input", False)
    assert tower.hit(tower.output("relu")).port == PortKey("relu", "output", True)
    item = tower.scene.nodes["relu"]
    middle = tower.canvas.mapFromScene(item.body.center())
    assert tower.hit(middle).what == "thing"
    assert tower.hit(tower.wire("relu")).key == Key("edge", "relu", "input")


def test_wiring_cutting_and_bending(tower: Desk) -> None:
    start = tower.bytes()
    wire = tower.wire("relu")
    tower.press(wire - QPoint(40, 0), Qt.MouseButton.RightButton, CTRL)
    tower.hover(wire + QPoint(40, 0))
    tower.release(wire + QPoint(40, 0), Qt.MouseButton.RightButton, CTRL)
    assert Endpoint("relu", "input") not in tower.graph.edges
    tower.drag(tower.output("linear"), tower.input("relu"))
    assert tower.graph.edges[Endpoint("relu", "input")] == Endpoint("linear", "output")
    tower.drag(tower.wire("relu"), tower.wire("relu") + QPoint(90, 0))
    (point,) = tower.graph.routes[Endpoint("relu", "input")]
    edge = tower.scene.edges[Endpoint("relu", "input")]
    assert edge.distance(QPointF(*point)) < 1.0
    assert edge.path().boundingRect().right() >= point[0] - 1.0
    assert tower.undo_all() != start  # it begins before the graph was turned


def test_a_bend_by_keyboard_goes_aside(tower: Desk) -> None:
    tower.click(tower.wire("relu"))
    tower.key(Qt.Key.Key_B)
    (point,) = tower.graph.routes[Endpoint("relu", "input")]
    middle = tower.scene.edges[Endpoint("relu", "input")].start.x()
    assert point[0] == pytest.approx(middle + 40.0)


def test_a_new_node_attaches_below_its_source(tower: Desk) -> None:
    tower.session.push(Connect(ROOT, Endpoint("", "y"), None), "Unplug")
    tower.select("linear_2")
    tower.canvas.add_entry("torch.nn.functional.gelu")
    (name,) = tower.selected()
    edge = tower.scene.edges[Endpoint(name, "input")]
    assert edge.x0 == edge.x1 and edge.y0 < edge.y1
    assert tower.scene.pills[Key("output", "y")].body.top() > tower.scene.nodes[name].body.bottom()
    tower.check()


def test_a_second_one_stands_beside_the_first(tower: Desk) -> None:
    bodies = []
    for _ in range(2):
        tower.select("linear_2")
        tower.canvas.add_entry("torch.nn.functional.gelu")
        (name,) = tower.selected()
        bodies.append(tower.scene.nodes[name].body)
    assert bodies[0].top() == bodies[1].top() and bodies[0].right() < bodies[1].left()


def test_what_is_put_on_a_wire_is_in_line_and_what_is_below_makes_room(tower: Desk) -> None:
    steps = tower.steps()
    at = tower.canvas.mapToScene(tower.wire("relu"))
    tower.canvas.drop_entry("torch.nn.Dropout", at)
    tower.check()
    order = ["linear", "dropout", "relu", "linear_2"]
    bodies = [tower.scene.nodes[name].body for name in order]
    assert all(upper.bottom() + 40.0 < lower.top() for upper, lower in pairwise(bodies))
    assert len({body.center().x() for body in bodies}) == 1
    assert tower.scene.pills[Key("output", "y")].body.top() > bodies[-1].bottom()
    assert tower.steps() == steps + 1


def test_arrow_keys_follow_the_wires(tower: Desk) -> None:
    tower.select("linear")
    tower.key(Qt.Key.Key_Down)
    assert tower.selected() == {"relu"}
    tower.key(Qt.Key.Key_Up)
    assert tower.selected() == {"linear"}
    tower.session.push(AddNode(ROOT, Function(name="tanh", type="torch.tanh", position=(700.0, 100.0))), "Add")
    tower.key(Qt.Key.Key_Right)
    assert tower.selected() == {"tanh"}


def test_the_selection_is_wired_downwards(tower: Desk) -> None:
    for name, y in (("b", 900.0), ("a", 1000.0)):
        tower.session.push(AddNode(ROOT, Function(name=name, type="torch.tanh", position=(0.0, y))), "Add")
    tower.select("a", "b")
    tower.key(Qt.Key.Key_W)
    assert tower.graph.edges[Endpoint("a", "input")] == Endpoint("b", "output")


def test_inputs_change_places_when_dragged_past_each_other(tower: Desk) -> None:
    tower.canvas.add_entry("node:input", QPointF(600.0, 0.0))
    tower.canvas.select_keys([])
    assert [port.name for port in tower.graph.inputs] == ["x", "y"]
    tower.canvas.set_view(QPointF(400.0, 200.0), 1.0)
    start = tower.pill("input", "x")
    tower.drag(start, start + QPoint(round(700 - tower.scene.pills[Key("input", "x")].x()), 0))
    assert [port.name for port in tower.graph.inputs] == ["y", "x"]


def test_a_group_has_its_ports_above_and_below(tower: Desk) -> None:
    tower.select("linear", "relu")
    tower.canvas.group()
    tower.session.enter(Location("Block"))
    tower.check()
    assert tower.graph.down
    bodies = [
        tower.scene.pills[Key("input", "x")].body,
        tower.scene.nodes["linear"].body,
        tower.scene.nodes["relu"].body,
        tower.scene.pills[Key("output", "relu")].body,
    ]
    assert all(upper.bottom() < lower.top() for upper, lower in pairwise(bodies))


def test_an_expanded_block_is_drawn_in_the_direction_of_its_own(net: Desk) -> None:
    document = chain()
    document.apply(group(document, ROOT, ["relu", "linear_2"], "Part")[0])
    part = document.node(ROOT, "part")
    assert isinstance(part, Instance)
    document.apply(SetNode(ROOT, evolve(part, expanded=True)))
    net.show_document(document)
    inside = net.scene.nodes["part"].inner
    assert inside is not None and not inside.down
    wide = inside.field().width() > inside.field().height()
    net.session.push(SetDirection(Location("Part"), True), "Turn")
    net.check()
    inside = net.scene.nodes["part"].inner
    assert inside is not None and inside.down and wide
    assert not net.scene.nodes["part"].down
    assert all(anchor.point.x() == 0.0 for anchor in net.scene.nodes["part"].geometry.inputs.values())


def test_a_graph_without_places_is_laid_out_downwards(net: Desk) -> None:
    zero = dict.fromkeys(NAMES, (0.0, 0.0))
    net.session.push(MoveNodes(ROOT, zero), "Move")
    assert net.scene.arrangement
    net.canvas.turn()
    net.check()
    assert net.scene.arrangement  # still nobody has chosen places
    bodies = [net.scene.nodes[name].body for name in NAMES]
    assert all(upper.bottom() < lower.top() for upper, lower in pairwise(bodies))


def test_a_wire_that_runs_up_goes_round_beside_its_nodes(tower: Desk) -> None:
    tower.session.push(MoveNodes(ROOT, {"relu": (420.0, -300.0)}), "Move")
    edge = tower.scene.edges[Endpoint("relu", "input")]
    assert edge.y1 < edge.y0
    path = edge.path()
    for key in owners(edge):
        item = tower.scene.thing(key)
        assert item is not None
        inner = item.body.adjusted(2, 2, -2, -2)
        assert not any(inner.contains(path.pointAtPercent(step / 200)) for step in range(201)), key


def test_the_body_of_a_sequential_stays_in_lines(tower: Desk) -> None:
    tower.canvas.add_entry("node:sequential", QPointF(900.0, 100.0))
    tower.session.enter(ROOT.enter("sequential", "body"))
    tower.check()
    tower.canvas.turn()
    assert not tower.graph.down
    tower.session.push(SetDirection(tower.session.location, True), "Turn")
    tower.check()
    assert not tower.scene.down


def test_pictures_are_drawn_the_same_way(tower: Desk) -> None:
    loaded = loads(dumps(tower.session.document))
    image = paint(loaded, ROOT, ".png").content
    assert image.height() > image.width()  # type: ignore[union-attr]


def test_a_label_stands_on_its_wire(tower: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tower.scene.surface.label = lambda source: "2×64×56×56"
    edge = tower.scene.edges[Endpoint("relu", "input")]
    place = label_place(edge)
    assert place is not None and place.center().x() == edge.x0
    assert edge.y0 < place.top() and place.bottom() < edge.y1


def test_a_graph_of_another_direction_can_be_pasted_and_merged(tower: Desk) -> None:
    tower.select("linear", "relu")
    tower.key(Qt.Key.Key_C, CTRL)
    tower.session.push(SetDirection(ROOT, False), "Turn")
    tower.key(Qt.Key.Key_V, CTRL)
    assert not tower.graph.down and len(tower.graph.nodes) == 5
    tower.session.push(Connect(ROOT, Endpoint("", "y"), None), "Unplug")
    assert {key.name for key in map(node_key, tower.graph.nodes)} == set(tower.scene.nodes)


def test_small_steps_of_the_keyboard_follow_the_wires(tower: Desk) -> None:
    out, into = PortKey("linear", "output", True), PortKey("linear", "input", False)
    wire = Key("edge", "relu", "input")
    assert beside(tower.scene, out, "down") == wire
    assert beside(tower.scene, wire, "down") == PortKey("relu", "input", False)
    assert beside(tower.scene, wire, "up") == out
    assert beside(tower.scene, out, "up") == into
    assert beside(tower.scene, out, "right") is None
    assert in_turn(tower.scene, node_key("linear"), 1) == node_key("relu")
