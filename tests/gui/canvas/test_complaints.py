"""What users of other node editors complain of, each with the number of the complaint, provably not so here."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QGraphicsItem, QGraphicsProxyWidget
from torch import nn

import blockstudio as bs
from blockstudio.errors import EditError
from blockstudio.formats.project import load, save
from blockstudio.graph.document import Location
from blockstudio.graph.edits import MoveNodes, RemoveNode, SetNote
from blockstudio.graph.model import BOUNDARY, Call, Endpoint, Instance, Note
from blockstudio.gui.canvas.layout import layout
from blockstudio.gui.canvas.painting.edge_item import EdgeItem
from blockstudio.gui.canvas.painting.node_item import NodeItem
from blockstudio.gui.canvas.scene.hits import hit
from blockstudio.runtime.statistics import measure
from blockstudio.runtime.summary import summarize
from tests.benchmarks.canvas import large
from tests.compiler import models
from tests.runtime.workers import with_example

from .conftest import ROOT, Desk

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
BLOCK = Location("Block")


def grouped(net: Desk) -> None:
    net.select("linear", "relu")
    net.key(Qt.Key.Key_G, CTRL)


def test_undo_outside_keeps_what_was_done_inside(net: Desk) -> None:
    """ComfyUI #10762, #9610; ComfyUI_frontend #1477, #7040: undo reverted or lost nested work."""
    start = net.bytes()
    grouped(net)
    net.key(Qt.Key.Key_PageDown)
    net.select("relu")
    net.key(Qt.Key.Key_Tab)
    net.search("dropout")
    inside = net.bytes()
    net.key(Qt.Key.Key_PageUp)
    place = net.node("linear_2")
    net.drag(place, place + QPoint(0, 80))
    net.key(Qt.Key.Key_Z, CTRL)
    assert net.bytes() == inside
    assert "dropout" in net.session.document.graph(BLOCK).nodes
    assert net.session.location == ROOT
    net.key(Qt.Key.Key_Z, CTRL)
    assert net.session.location == BLOCK, "undo never works out of sight"
    assert "dropout" not in net.session.document.graph(BLOCK).nodes
    net.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert net.bytes() == inside
    assert net.undo_all() == start


def test_undo_to_and_fro_after_everything_was_deleted(net: Desk) -> None:
    """NodeGraphQt #223, #202: undo crashed on nodes and wires that were gone."""
    start = net.bytes()
    grouped(net)
    net.key(Qt.Key.Key_A, CTRL)
    net.key(Qt.Key.Key_Delete)
    for _ in range(3):
        assert net.undo_all() == start
        net.session.undo_stack.setIndex(net.session.undo_stack.count())
        net.check()


def test_a_command_that_does_nothing_leaves_no_step_open(net: Desk) -> None:
    """NodeGraphQt `auto_layout_nodes`: an early return left the undo macro open."""
    net.key(Qt.Key.Key_A, CTRL)
    net.key(Qt.Key.Key_Delete)
    empty = net.bytes()
    net.key(Qt.Key.Key_L, CTRL)
    with pytest.raises(EditError), net.session.macro("Nothing comes of it"):
        net.session.push(SetNote(ROOT, "n", Note("gone again")), "")
        net.session.push(RemoveNode(ROOT, "nobody"), "")
    assert net.bytes() == empty and net.steps() == 1
    net.canvas.drop_entry("node:input", QPointF(0.0, 0.0))
    assert net.steps() == 2
    net.key(Qt.Key.Key_Z, CTRL)
    assert net.bytes() == empty


def test_a_group_is_taken_apart_again(net: Desk) -> None:
    """ComfyUI_frontend #4166: there was no way to take a group apart."""
    wires = dict(net.graph.edges)
    grouped(net)
    net.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert net.graph.edges == wires
    assert set(net.graph.nodes) == {"linear", "relu", "linear_2"}


def test_nested_contents_are_saved(net: Desk, tmp_path: Path) -> None:
    """NodeGraphQt #363: the contents of nested groups were not saved."""
    grouped(net)
    net.select("block", "linear_2")
    net.key(Qt.Key.Key_G, CTRL)
    save(net.session.document, tmp_path / "net.blocks")
    assert load(tmp_path / "net.blocks") == net.session.document


def test_no_wire_is_lost_when_nodes_become_a_block(net: Desk) -> None:
    """NodeGraphQt #453: wires were lost when a group was collapsed."""
    grouped(net)
    assert net.graph.edges == {
        Endpoint("block", "x"): Endpoint("", "x"),
        Endpoint("linear_2", "input"): Endpoint("block", "relu"),
        Endpoint("", "y"): Endpoint("linear_2", "output"),
    }
    net.key(Qt.Key.Key_E)
    net.key(Qt.Key.Key_E)
    assert len(net.graph.edges) == 3


def test_an_edit_with_mixed_keys_can_be_undone_NodeGraphQt_416(net: Desk) -> None:
    """Data that went through a signal as a dict came out changed, and undo with it."""
    heard: list[object] = []
    net.session.document_changed.connect(heard.append)
    edit = MoveNodes(ROOT, {"relu": (1.5, -0.0), "linear": (2.0, 7.0)})
    net.session.push(edit, "")
    assert heard == [(edit,)] and heard[0][0] is edit  # type: ignore[index]
    net.undo_all()


@pytest.mark.parametrize("issue", ["ComfyUI_frontend#5138", "ComfyUI_frontend#9976"])
def test_a_copy_of_a_group_shares_nothing_with_it(net: Desk, issue: str) -> None:
    """Editing a copied subgraph changed the one it was copied from."""
    grouped(net)
    net.select("block")
    net.canvas.duplicate("copy")
    copy = net.graph.nodes[next(iter(net.selected()))]
    assert isinstance(copy, Instance) and copy.definition != "Block"
    before = dict(net.session.document.graph(BLOCK).nodes)
    net.session.enter_node(copy.name)
    net.canvas.add_entry("torch.nn.functional.relu", QPointF(300, 300))
    assert net.session.document.graph(BLOCK).nodes == before
    net.undo_all()


def test_another_instance_follows_its_definition_ComfyUI_frontend_6639(net: Desk) -> None:
    """Instances of one subgraph did not follow an edit of it."""
    grouped(net)
    net.select("block")
    net.canvas.duplicate("instance")
    twin = net.graph.nodes[next(iter(net.selected()))]
    assert isinstance(twin, Instance) and twin.definition == "Block"
    net.session.enter_node("block")
    net.canvas.add_entry("node:input", QPointF(-100, 300))
    net.canvas.leave()
    faces = [net.scene.nodes[name].face for name in ("block", twin.name)]
    assert [len(face.inputs) for face in faces] == [2, 2]


@pytest.mark.parametrize("issue", ["ComfyUI_frontend#3180", "imnodes#154"])
def test_hovering_looks_at_no_more_of_a_larger_graph(desk: Desk, monkeypatch: pytest.MonkeyPatch, issue: str) -> None:
    """From 500 nodes on everything lagged; each hover walked all pairs. Here it is counted, not timed."""
    looked: list[str] = []
    ports, distance = NodeItem.ports, EdgeItem.distance

    def note_ports(item: NodeItem) -> object:
        looked.append(item.key.name)
        return ports(item)

    def note_distance(edge: EdgeItem, point: QPointF) -> float:
        looked.append(edge.target.node)
        return distance(edge, point)

    monkeypatch.setattr(NodeItem, "ports", note_ports)
    monkeypatch.setattr(EdgeItem, "distance", note_distance)
    counted = []
    for nodes in (500, 2000):
        desk.show_document(large(nodes, nodes * 3 // 2))
        looked.clear()
        for i in range(200):
            hit(desk.scene, QPointF(300.0 + 17 * i, 100.0 + 7 * i))
        counted.append(len(looked))
    assert counted[0] < 200 * 20
    assert counted[1] < 2 * counted[0] + 100


def test_hovering_paints_no_node_again_ComfyUI_frontend_3180(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.show_document(large(500, 750))
    desk.canvas.set_view(QPointF(900, 500), 0.6)
    for _ in range(2):  # from the second time on at a zoom, things are painted from pictures
        desk.canvas.grab()
    painted: list[NodeItem] = []
    monkeypatch.setattr(NodeItem, "paint", lambda item, painter: painted.append(item))
    for _ in range(20):
        desk.canvas.scroll_by(7, 3)
        desk.canvas.grab()
    near = desk.scene.placed_near(desk.canvas.visible_rect())
    assert len(painted) < len(near)  # only what came into view


def test_five_thousand_nodes_are_laid_out_netron_68() -> None:
    graph = large(5000, 7500).graph(ROOT)
    boxes = {name: layout.Box(120.0, 40.0) for name in graph.nodes}
    wires = [layout.Wire(source.node, 20.0, target.node, 20.0) for target, source in graph.edges.items()]
    places = layout.arrange(boxes, wires)
    assert len(places) == 5000
    taken = {(round(x), round(y)) for x, y in places.values()}
    assert len(taken) == 5000
    columns: dict[float, list[float]] = {}
    for x, y in places.values():
        columns.setdefault(x, []).append(y)
    for ys in columns.values():
        ys.sort()
        assert all(b - a >= 40.0 for a, b in itertools.pairwise(ys))


@pytest.mark.parametrize("issue", ["torchinfo#322", "torchinfo#327"])
def test_shared_parameters_are_counted_once(issue: str) -> None:
    document = with_example(models.shared(), (2, 8))
    net = bs.build(document)
    assert any(isinstance(node, Call) for _, graph in document.graphs() for node in graph.nodes.values())
    assert summarize(document).parameters == sum(p.numel() for p in net.parameters())


def test_nan_does_not_break_histograms_tensorboard_87() -> None:
    found, histogram = measure(torch.tensor([1.0, math.nan, 3.0, math.inf]))
    assert (found.nan, found.inf) == (1, 1)
    assert histogram is not None and sum(histogram.counts) == 2
    assert measure(torch.full((4,), math.nan))[1] is None


def test_a_model_of_pytorch_comes_with_its_edges_netron_133() -> None:
    """A .pth showed boxes without edges: a state dict has none, so here the module itself is read."""
    document = bs.from_module(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), (torch.zeros(1, 4),))
    graphs = [graph for _, graph in document.graphs() if graph.nodes]
    fed = {target.node for graph in graphs for target in graph.edges}
    rows = [node for graph in graphs for node in graph.nodes.values() if any(True for _ in node.graphs())]
    assert BOUNDARY in fed
    assert rows or all(Endpoint(name, "input") in graph.edges for graph in graphs for name in graph.nodes)


@pytest.mark.parametrize(
    "issue", ["NodeGraphQt#444", "NodeGraphQt#432", "NodeGraphQt#447", "QtNodes#248", "QtNodes#271", "QtNodes#422"]
)
def test_no_widget_lives_in_the_scene(net: Desk, issue: str) -> None:
    """Embedded widgets leaked, overlapped and crashed: values are painted."""
    grouped(net)
    for payload in ("node:constant", "node:sequential", "node:repeat", "node:note"):
        net.canvas.add_entry(payload, QPointF(300, 400))
    net.canvas.grab()
    assert not [item for item in net.scene.items() if isinstance(item, QGraphicsProxyWidget)]


@pytest.mark.parametrize("issue", ["QtNodes#121", "QtNodes#521", "QtNodes#63"])
def test_nothing_is_scaled_from_a_cached_picture(net: Desk, monkeypatch: pytest.MonkeyPatch, issue: str) -> None:
    """Qt's caches clipped and blurred nodes. A picture here is made for one zoom and never used at another."""
    assert {item.cacheMode() for item in net.scene.items()} == {QGraphicsItem.CacheMode.NoCache}
    net.canvas.grab()
    painted: list[NodeItem] = []
    monkeypatch.setattr(NodeItem, "paint", lambda item, painter: painted.append(item))
    net.canvas.set_view(QPointF(400, 150), 1.3)
    net.canvas.grab()
    assert {item.key.name for item in painted} == {"linear", "relu", "linear_2"}


def test_two_fingers_pan_godot_5585(net: Desk) -> None:
    """A touchpad could only zoom where one wants to pan."""
    pad = QPointingDevice(
        "pad",
        7,
        QInputDevice.DeviceType.TouchPad,
        QPointingDevice.PointerType.Finger,
        QInputDevice.Capability.Scroll | QInputDevice.Capability.PixelScroll,
        2,
        0,
    )
    zoom, center = net.canvas.zoom, net.canvas.view_center()
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        QPointF(300, 300), QPointF(300, 300), QPoint(24, -36), QPoint(24, -36), Qt.MouseButton.NoButton, none,
        Qt.ScrollPhase.ScrollUpdate, False, Qt.MouseEventSource.MouseEventNotSynthesized, pad,
    )  # fmt: skip
    net.canvas.wheelEvent(event)
    assert net.canvas.zoom == zoom
    moved = net.canvas.view_center() - center
    assert (round(moved.x() * zoom), round(moved.y() * zoom)) == (-24, 36)
