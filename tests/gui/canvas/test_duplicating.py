"""Three ways to duplicate, told apart; and blocks through the clipboard as text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from blockstudio.graph.document import Location
from blockstudio.graph.edits import SetNode
from blockstudio.graph.model import Call, Definition, Instance, Layer

from .conftest import Desk

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def grouped(net: Desk) -> bytes:
    """A block of the first two nodes, selected."""
    net.select("linear", "relu")
    net.key(Qt.Key.Key_G, CTRL)
    return net.bytes()


def edit_inside(net: Desk, definition: str) -> None:
    location = Location(definition)
    inner = net.session.document.graph(location).nodes["linear"]
    assert isinstance(inner, Layer)
    net.session.push(SetNode(location, Layer(name="linear", type=inner.type, options={"in_features": 7})), "")


def inside(net: Desk, node: str) -> object:
    instance = net.graph.nodes[node]
    assert isinstance(instance, Instance)
    return net.session.document.graph(Location(instance.definition)).nodes["linear"]


def test_a_copy_has_an_inside_of_its_own(net: Desk) -> None:
    """ComfyUI_frontend #5138, #9976: copies of subgraphs shared what they should not."""
    start = grouped(net)
    net.key(Qt.Key.Key_D, CTRL)
    assert net.selected() == {"block_2"}
    assert net.graph.nodes["block_2"].definition == "Block_2"  # type: ignore[attr-defined]
    edit_inside(net, "Block")
    assert inside(net, "block") != inside(net, "block_2")
    net.session.undo_stack.undo()
    net.session.undo_stack.undo()
    assert net.bytes() == start


def test_a_copy_of_nested_blocks_shares_nothing(net: Desk) -> None:
    grouped(net)
    net.select("block", "linear_2")
    net.key(Qt.Key.Key_G, CTRL)
    net.key(Qt.Key.Key_D, CTRL)
    outer = net.session.document.definitions["Block2_2"]
    assert isinstance(outer, Definition)
    assert outer.graph.nodes["block"].definition == "Block_2"  # type: ignore[attr-defined]


def test_another_instance_follows_its_definition(net: Desk) -> None:
    """ComfyUI_frontend #6639: copies of subgraphs did not follow when they should."""
    grouped(net)
    net.key(Qt.Key.Key_D, ALT)
    assert net.graph.nodes["block_2"].definition == "Block"  # type: ignore[attr-defined]
    edit_inside(net, "Block")
    assert inside(net, "block") == inside(net, "block_2")


def test_a_shared_layer_is_called_again(net: Desk) -> None:
    start = grouped(net)
    net.key(Qt.Key.Key_D, CTRL | SHIFT)
    assert net.graph.nodes["block_2"] == Call(
        name="block_2", layer="block", position=net.graph.nodes["block_2"].position
    )
    styles = [net.scene.nodes[name].face.style for name in ("block", "block_2", "linear_2")]
    assert styles == ["instance", "shared", "plain"]
    net.session.undo_stack.undo()
    assert net.bytes() == start


def test_an_instance_gets_an_inside_of_its_own(net: Desk) -> None:
    grouped(net)
    net.key(Qt.Key.Key_D, ALT)
    net.canvas.make_own()
    assert net.graph.nodes["block_2"].definition == "Block_2"  # type: ignore[attr-defined]
    assert net.graph.nodes["block"].definition == "Block"  # type: ignore[attr-defined]


def test_copied_blocks_are_text_that_pastes_from_a_message(net: Desk) -> None:
    start = grouped(net)
    net.key(Qt.Key.Key_C, CTRL)
    text = QGuiApplication.clipboard().text()
    assert text.startswith("{") and '"Block"' in text and max(map(len, text.splitlines())) < 200
    QGuiApplication.clipboard().setText(f"Try this:\n```json\n{text}```\nGood luck!")
    net.key(Qt.Key.Key_V, CTRL)
    assert net.graph.nodes["block_2"].definition == "Block"  # type: ignore[attr-defined]
    net.session.undo_stack.undo()
    assert net.bytes() == start


def test_text_that_is_no_block_is_refused_in_words(net: Desk) -> None:
    before = net.bytes()
    for text, said in (("hello", "neither blocks"), ('{"format": "blockstudio-fragment", "graph": {', "not complete")):
        QGuiApplication.clipboard().setText(text)
        net.key(Qt.Key.Key_V, CTRL)
        assert said in net.messages[-1]
    assert net.bytes() == before
