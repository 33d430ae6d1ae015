"""Whether a scene shows exactly what the document holds."""

from __future__ import annotations

from itertools import pairwise

from attrs import fields

from blockstudio.catalog.ports import node_ports
from blockstudio.graph.model import Call, Endpoint, Instance
from blockstudio.graph.scopes import users_of
from blockstudio.gui.canvas.facts.faces import Face, describe
from blockstudio.gui.canvas.facts.insides import drawn_in
from blockstudio.gui.canvas.facts.keys import Key, node_key
from blockstudio.gui.canvas.painting.edge_item import owners
from blockstudio.gui.canvas.painting.geometry import geometry
from blockstudio.gui.canvas.painting.overview import OverviewLayer
from blockstudio.gui.canvas.painting.tiles import Tile
from blockstudio.gui.canvas.scene.detours import DIRECT
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.session import Session

LAYERS = 6
"""Items that are always there: field, wires, labels, things, overview, overlay."""


def check_agreement(scene: CanvasScene, session: Session) -> None:
    """Of the scene one works in, and of all that are drawn around it and inside nodes."""
    assert scene.graph is session.graph
    assert scene.location == session.location
    assert {key for key in scene.selection if key.kind == "node"} == {node_key(name) for name in session.selection}
    for one in scene.family:
        check_scene(one, session)
        assert one is scene or not one.selection


def check_scene(scene: CanvasScene, session: Session) -> None:
    graph = scene.graph
    assert session.document.graph(scene.location) is graph
    assert scene.family.known(graph) is scene
    # --- nodes
    assert set(scene.nodes) == set(graph.nodes)
    callers: dict[str, int] = {}
    for node in graph.nodes.values():
        if isinstance(node, Call):
            callers[node.layer] = callers.get(node.layer, 0) + 1
    for name, node in graph.nodes.items():
        item = scene.nodes[name]
        face = describe(
            session.document,
            scene.location,
            graph,
            node,
            callers=callers.get(name, 0),
            instances=len(users_of(session.document, node.definition)) if isinstance(node, Instance) else 0,
            all_ports=name in scene.all_ports,
            chained=scene.sequence,
        )
        assert item.face == face, (name, scene.location, _difference(item.face, face))
        place = drawn_in(session.document, scene.location, node, {})
        inner = scene.family.known(session.document.graph(place)) if place is not None else None
        assert item.inner is inner, name
        assert item.geometry == geometry(face, inner.field() if inner is not None else None), name
        if not scene.arrangement:
            assert (item.x(), item.y()) == node.position, name
        else:
            assert (item.x(), item.y()) == scene.arrangement[node_key(name)], name
    # --- pills and notes
    if scene.sequence:
        assert set(scene.pills) == {Key("input", "input"), Key("output", "output")}
    else:
        ports = {Key("input", port.name): port for port in graph.inputs}
        ports |= {Key("output", port.name): port for port in graph.outputs}
        assert set(scene.pills) == set(ports)
        assert all(pill.down == graph.down for pill in scene.pills.values())
        if not scene.arrangement:
            assert {key: (pill.x(), pill.y()) for key, pill in scene.pills.items()} == {
                key: port.position for key, port in ports.items()
            }
    assert {key: item.note for key, item in scene.notes.items()} == graph.notes
    # --- wires
    if scene.sequence:
        ports_of = {name: node_ports(session.document, scene.location, node) for name, node in graph.nodes.items()}
        entries = [*(Endpoint(name, ports.inputs[0].name) for name, ports in ports_of.items()), Endpoint("", "output")]
        exits = [Endpoint("", "input"), *(Endpoint(name, ports.outputs[0].name) for name, ports in ports_of.items())]
        pairs = dict(zip(entries, exits, strict=True))
    else:
        pairs = graph.edges
    assert {target: edge.source for target, edge in scene.edges.items()} == pairs
    for target, edge in scene.edges.items():
        assert edge.via == (scene.lanes.get(target) or graph.routes.get(target, ())), target
        assert edge.down == (graph.down and not scene.sequence), target
        start, end = (scene.thing(key) for key in owners(edge))
        if start is None or end is None:
            assert not edge.drawn and edge.path().isEmpty() and target not in scene._wires
            continue
        way = scene.ways.way_of(edge) if target not in scene.ways.loose else DIRECT
        assert (edge.detour, edge.level) == (tuple((y, x) if edge.down else (x, y) for x, y in way.points), way.level)
        assert edge.start == start.anchor(edge.source.port, True), target  # type: ignore[union-attr]
        assert edge.end == end.anchor(target.port, False), target  # type: ignore[union-attr]
    # --- nothing left over
    assert len(scene.items()) == len(scene.notes) + LAYERS
    assert len(scene._index) == len(scene.things())
    drawn = [edge for edge in scene.edges.values() if edge.drawn]
    assert len(scene._wires) == len(drawn)
    for thing in scene.things():
        assert scene._index.box(thing.key) == thing.box()
        assert thing.selected == (thing.key in scene.selection)
    for edge in drawn:
        assert scene._wires.box(edge.target) == edge.box()
        assert edge.selected == (edge.key in scene.selection)
        assert edge.lit == any(key in scene.selection for key in owners(edge))
    assert set(scene._ends) == {key for edge in scene.edges.values() for key in owners(edge)}
    assert scene.expanded == {name for name, node in graph.nodes.items() if node.expanded}
    check_overview(scene)


def _difference(shown: Face, wanted: Face) -> object:
    values = {field.name: (getattr(shown, field.name), getattr(wanted, field.name)) for field in fields(Face)}
    return {name: pair for name, pair in values.items() if pair[0] != pair[1]}


def check_overview(scene: CanvasScene) -> None:
    """What is gathered to be painted from afar is what there is."""
    fresh = OverviewLayer(scene)
    assert {c: _told(t) for c, t in scene.overview.gathered().items() if t.boxes or not t.wires.isEmpty()} == {
        c: _told(t) for c, t in fresh.gathered().items()
    }


def _told(tile: Tile) -> object:
    boxes = {name: sorted(box.getRect() for box in boxes) for name, boxes in tile.boxes.items()}
    ends = [tile.wires.elementAt(index) for index in range(tile.wires.elementCount())]
    # Of a wire whose ends meet there is no line.
    lines = sorted((start.x, start.y, end.x, end.y) for start, end in pairwise(ends) if end.isLineTo())
    return boxes, lines, sorted(box.getRect() for box in tile.errors), tile.bounds.getRect()
