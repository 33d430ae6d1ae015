"""Adding: from the palette by drag, by search, and what cannot be added."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from blockstudio.catalog.catalog import catalog
from blockstudio.engine.protocol import PortShape, Shapes, TensorShape
from blockstudio.graph.edits import Connect
from blockstudio.graph.model import CodeDefinition, Definition, Endpoint
from blockstudio.gui.canvas.facts.keys import Key, PortKey
from blockstudio.gui.canvas.facts.offers import offers
from blockstudio.gui.panels.palette import MIME
from blockstudio.gui.session import new_document

from .conftest import ROOT, Desk


def drag_in(desk: Desk, payload: str, place: QPoint) -> None:
    """As a drag from the palette does it."""
    data = QMimeData()
    data.setData(MIME, QByteArray(payload.encode()))
    view = desk.canvas.viewport()
    action, button, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place, action, data, button, keys)
    QApplication.sendEvent(view, enter)
    assert enter.isAccepted()
    move = QDragMoveEvent(place, action, data, button, keys)
    QApplication.sendEvent(view, move)
    assert move.isAccepted()
    QApplication.sendEvent(view, QDropEvent(QPointF(place), action, data, button, keys))
    desk.check()


def test_drag_from_the_palette(net: Desk) -> None:
    start = net.bytes()
    drag_in(net, "torch.nn.Linear", net.at(300, 350))
    assert net.selected() == {"linear_3"}
    assert net.graph.nodes["linear_3"].position == (240.0, 330.0)
    assert net.steps() == 1
    assert net.undo_all() == start


def test_drag_onto_a_wire(net: Desk) -> None:
    drag_in(net, "torch.nn.Dropout", net.wire("relu"))
    assert net.graph.edges[Endpoint("relu", "input")] == Endpoint("dropout", "output")
    assert net.steps() == 1


def test_another_kind_of_drag_is_left_to_the_window(net: Desk) -> None:
    data = QMimeData()
    data.setText("hello")
    event = QDragEnterEvent(
        QPoint(10, 10), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(net.canvas.viewport(), event)
    assert not event.isAccepted()


@pytest.mark.parametrize("kind", [entry.kind for entry in catalog().structures])
def test_every_structure_can_be_placed(net: Desk, kind: str) -> None:
    start = net.bytes()
    net.canvas.add_entry(f"node:{kind}", QPointF(300, 400))
    QApplication.focusObject()
    net.canvas.setFocus()
    net.check()
    assert net.steps() == 1
    assert net.undo_all() == start


def test_a_new_block_brings_its_definition(net: Desk) -> None:
    net.canvas.add_entry("node:definition", QPointF(300, 400))
    assert isinstance(net.session.document.definitions["Block"], Definition)
    assert net.graph.nodes["block"].definition == "Block"  # type: ignore[attr-defined]


def test_a_new_code_block_opens_the_editor(net: Desk) -> None:
    asked: list[str] = []
    net.session.code_requested.connect(asked.append)
    net.canvas.add_entry("node:code", QPointF(300, 400))
    assert asked == ["MyLayer"]
    assert isinstance(net.session.document.definitions["MyLayer"], CodeDefinition)
    assert net.session.trusted
    assert [port.name for port in net.scene.nodes["my_layer"].face.inputs] == ["x"]


def test_an_input_is_named_and_selected(net: Desk) -> None:
    net.canvas.add_entry("node:input", QPointF(0, 300))
    assert [port.name for port in net.graph.inputs] == ["x", "y"]
    assert net.scene.selection == {Key("input", "y")}


def test_a_block_cannot_be_placed_in_itself(net: Desk) -> None:
    net.select("linear", "relu")
    net.canvas.group()
    net.session.enter_node("block")
    payloads = {offer.payload for offer in offers(net.session.document, net.session.location)}
    assert not payloads & {"definition:Block", "definition:Net"}
    start = net.bytes()
    net.canvas.add_entry("definition:Net", QPointF(0, 0))
    assert net.bytes() == start
    assert "Net" in net.messages[-1]


def test_what_was_used_last_comes_first(net: Desk) -> None:
    net.canvas.add_entry("torch.nn.Tanh", QPointF(300, 400))
    net.key(Qt.Key.Key_Tab)
    assert net.canvas.search_popup.model.choices[0].payload == "torch.nn.Tanh"


def test_a_payload_of_nothing_is_refused(net: Desk) -> None:
    start = net.bytes()
    assert not net.canvas.drop_entry("torch.nn.Nonsense", QPointF(300, 400))
    assert net.bytes() == start
    assert "Nonsense" in net.messages[-1]


def test_nothing_found_says_so(net: Desk) -> None:
    net.key(Qt.Key.Key_Tab)
    net.type("zzzz")
    popup = net.canvas.search_popup
    assert popup.nothing.isVisible() and "zzzz" in popup.nothing.text()
    net.enter()
    assert net.steps() == 0
    assert popup.isVisible()


def test_the_popup_stays_inside_the_canvas(net: Desk) -> None:
    net.canvas.search_to_add(net.canvas.mapToScene(QPoint(990, 690)))
    assert net.canvas.rect().contains(net.canvas.search_popup.geometry())


def test_keys_choose_in_the_popup(net: Desk) -> None:
    net.key(Qt.Key.Key_Tab)
    net.type("conv")
    net.enter(Qt.Key.Key_Down)
    second = net.canvas.search_popup.model.choices[1].payload
    net.enter()
    (name,) = net.selected()
    assert net.graph.nodes[name].type == second  # type: ignore[attr-defined]


def test_insert_by_menu_on_a_wire(net: Desk) -> None:
    net.canvas.search_to_insert(net.canvas.mapToScene(net.wire("linear_2")))
    assert not any(o.payload in ("node:constant", "node:note") for o in net.canvas.search_popup.model.choices)
    net.search("tanh")
    assert net.graph.edges[Endpoint("linear_2", "input")].node == "tanh"


@pytest.mark.parametrize("port", [PortKey("linear_2", "input", False), PortKey("", "y", False)])
def test_what_is_added_at_an_input_goes_into_the_wire_that_feeds_it(net: Desk, port: PortKey) -> None:
    source, start = net.graph.edges[port.endpoint], net.bytes()
    net.canvas.focus.go(port)
    net.key(Qt.Key.Key_Tab)
    net.search("tanh")
    assert net.graph.edges[port.endpoint] == Endpoint("tanh", "output")
    assert net.graph.edges[Endpoint("tanh", "input")] == source
    things = [item.body for item in (*net.scene.nodes.values(), *net.scene.pills.values())]
    assert not [1 for i, a in enumerate(things) for b in things[:i] if a.intersects(b)]
    assert net.steps() == 1
    assert net.undo_all() == start


def test_what_takes_nothing_feeds_the_input_in_the_place_of_its_wire(net: Desk) -> None:
    net.canvas.focus.go(PortKey("linear_2", "input", False))
    net.key(Qt.Key.Key_Tab)
    net.search("constant")
    assert net.graph.edges[Endpoint("linear_2", "input")] == Endpoint("constant", "output")
    assert net.graph.edges[Endpoint("relu", "input")] == Endpoint("linear", "output")
    assert net.steps() == 1


def known(desk: Desk) -> None:
    """As the engine says it of the document as it is."""
    rows = (
        PortShape("Net", "x", TensorShape((2, 20))),
        PortShape("Net/relu", "output", TensorShape((2, 256))),
        PortShape("Net/sequential.body/tanh", "output", TensorShape((4, 7))),
    )
    desk.session.set_shapes(Shapes(1, rows, ()))


def test_a_new_layer_takes_the_sizes_of_what_feeds_it(net: Desk) -> None:
    known(net)
    net.select("relu")
    net.canvas.add_entry("torch.nn.Linear")
    assert net.graph.nodes["linear_3"].options["in_features"] == 256  # type: ignore[attr-defined]
    net.drag(net.output("relu"), net.at(500, 320))
    net.search("batchnorm1d")
    assert net.graph.nodes["batchnorm1d"].options["num_features"] == 256  # type: ignore[attr-defined]
    net.canvas.drop_entry("torch.nn.Linear", net.canvas.mapToScene(net.wire("linear")))
    assert net.graph.nodes["linear_4"].options["in_features"] == 20  # type: ignore[attr-defined]


def test_in_a_sequential_too(net: Desk) -> None:
    net.select("relu")
    net.canvas.add_entry("node:sequential")
    known(net)
    item = net.scene.nodes["sequential"]
    inside = QPointF(item.x() + 60, item.y() + 55)
    net.canvas.drop_entry("torch.nn.Linear", inside)
    body = net.graph.nodes["sequential"].body  # type: ignore[attr-defined]
    assert body.nodes["linear"].options["in_features"] == 256
    net.session.undo_stack.undo()
    net.canvas.drop_entry("torch.nn.Tanh", inside)
    net.canvas.drop_entry("torch.nn.Linear", inside + QPointF(0, 14))
    assert list(body.nodes) == ["tanh", "linear"]
    assert body.nodes["linear"].options["in_features"] == 7


def test_what_is_dropped_on_the_title_of_a_sequential_comes_last(net: Desk) -> None:
    net.select("relu")
    net.canvas.add_entry("node:sequential")
    item = net.scene.nodes["sequential"]
    for kind in ("Tanh", "Linear", "ReLU"):
        net.canvas.drop_entry(f"torch.nn.{kind}", QPointF(item.x() + 60, item.y() + 15))
    assert list(net.graph.nodes["sequential"].body.nodes) == ["tanh", "linear", "relu"]  # type: ignore[attr-defined]


def test_a_row_of_layers_made_by_keys_stays_in_view(net: Desk) -> None:
    net.canvas.stop_animation()
    net.canvas.animated = False
    net.select("relu")
    for _ in range(6):
        net.canvas.add_entry("torch.nn.Tanh")
        (name,) = net.selected()
        assert net.canvas.visible_rect().contains(net.scene.nodes[name].body)


def test_a_wire_back_along_its_own_line_goes_round_below(net: Desk) -> None:
    wire = net.scene.edges[Endpoint("relu", "input")]
    wire.place((600.0, 100.0), (0.0, 110.0))
    lowest = net.scene.nodes["relu"].body.height()
    assert wire.distance(QPointF(300.0, 170.0)) < 2.0
    assert wire.distance(QPointF(300.0, 105.0)) > lowest / 2
    assert wire.middle().y() == 170.0


def test_the_first_node_of_a_graph_is_wired_to_its_input(desk: Desk) -> None:
    desk.show_document(new_document())
    desk.key(Qt.Key.Key_Tab)
    desk.search("linear")
    (name,) = desk.selected()
    (port,) = desk.graph.inputs
    assert desk.graph.edges == {Endpoint(name, "input"): Endpoint("", port.name)}
    assert desk.graph.nodes[name].options["in_features"] == 20  # type: ignore[attr-defined]  # by the example
    for _ in range(3):
        desk.canvas.add_entry("torch.nn.ReLU")
    pill, (last,) = desk.scene.pills[Key("output", "y")], [desk.scene.nodes[key] for key in desk.selected()]
    assert pill.x() > last.body.right() and last.y() == desk.scene.nodes[name].y()
    assert len(desk.graph.edges) == 4
    assert desk.steps() == 4
    desk.canvas.select_keys([])
    desk.canvas.add_entry("torch.nn.ReLU")  # not the first any more
    assert len(desk.graph.edges) == 4


def test_a_wire_pulled_back_from_an_input_is_offered_what_gives_what_it_needs(net: Desk) -> None:
    net.session.push(Connect(ROOT, Endpoint("linear", "input"), None), "Unwire")
    net.drag(net.input("linear"), net.at(60, 300))
    popup = net.canvas.search_popup
    details = {choice.payload: choice.detail for choice in popup.model.choices}
    assert details["torch.nn.Linear"] == "out_features = 20"
    assert "torch.argmax" not in details
    assert popup.model.choices[0].payload in ("torch.nn.ReLU", "torch.nn.functional.relu")
    net.search("linear")
    (name,) = net.selected()
    assert net.graph.nodes[name].options["out_features"] == 20  # type: ignore[attr-defined]
    assert net.graph.source_of("linear", "input") == Endpoint(name, "output")
    net.undo_all()


def test_arguments_typed_behind_a_name_are_its_options(net: Desk) -> None:
    net.key(Qt.Key.Key_Tab)
    net.search("conv(3, 64, 7, stride=2")
    (name,) = net.selected()
    options = {"in_channels": 3, "out_channels": 64, "kernel_size": 7, "stride": 2}
    assert net.graph.nodes[name].options == options  # type: ignore[attr-defined]
    net.session.set_shapes(Shapes(0, (PortShape(ROOT.path("relu"), "output", TensorShape((2, 256), "float32")),), ()))
    net.select("relu")
    net.key(Qt.Key.Key_Tab)
    net.search("linear(bias=False)")
    (name,) = net.selected()
    assert net.graph.nodes[name].options == {"in_features": 256, "out_features": 16, "bias": False}  # type: ignore[attr-defined]
    net.undo_all()
