"""Control flow round nodes, sharing, and going where things are used, on the canvas."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from blockstudio.graph.control_commands import is_by_mode
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Call, Definition, If, Repeat
from tests.compiler.documents import document, graph, instance, linear

from .conftest import Desk

CONTROL_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


def composed() -> Document:
    block = Definition("Block", graph("x", "y", [linear("fc", 4, 4)], "x>fc fc>y"))
    nodes = [linear("a", 4, 4), linear("b", 4, 4), instance("one", "Block"), instance("two", "Block")]
    made = graph("x", "y", nodes, "x>a a>b b>one.x one.y>two.x two.y>y")
    return document(block, Definition("Net", made))


def test_repeat_and_only_if_by_their_keys(desk: Desk) -> None:
    desk.show_document(composed())
    desk.session.select(("a",))
    QTest.keyClick(desk.canvas, Qt.Key.Key_R, CONTROL_ALT)
    (name,) = desk.session.selection
    assert isinstance(desk.graph.nodes[name], Repeat)
    assert desk.scene.nodes[name].face.tag == "a.0, a.1"
    desk.check()
    desk.session.select(("b",))
    QTest.keyClick(desk.canvas, Qt.Key.Key_I, CONTROL_ALT)
    (name,) = desk.session.selection
    assert isinstance(desk.graph.nodes[name], If)
    desk.check()
    desk.session.select(("one",))
    QTest.keyClick(desk.canvas, Qt.Key.Key_M, CONTROL_ALT)
    (name,) = desk.session.selection
    node = desk.graph.nodes[name]
    assert isinstance(node, If) and is_by_mode(node)
    assert desk.scene.nodes[name].face.detail == "in training"
    desk.check()
    desk.undo_all()


def test_shared_weights_are_chosen_from_a_list(desk: Desk) -> None:
    desk.show_document(composed())
    desk.session.select(("b",))
    QTest.keyClick(desk.canvas, Qt.Key.Key_S, CONTROL_ALT)
    popup = desk.canvas.search_popup
    assert [choice.label for choice in popup.model.choices] == ["a"]
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert desk.graph.nodes["b"] == Call(name="b", layer="a", position=desk.graph.nodes["b"].position)
    assert desk.scene.nodes["a"].face.tag == "weights shared with 1 call"
    assert desk.scene.nodes["b"].face.tag == "same weights as a"
    desk.check()
    desk.undo_all()


def test_nothing_to_share_with_is_said(desk: Desk) -> None:
    desk.show_document(composed())
    desk.session.enter(Location("Block"))
    desk.session.select(("fc",))
    desk.canvas.composing.share()
    assert "no other layer" in desk.messages[-1]
    assert not desk.canvas.search_popup.isVisible()


def test_instances_say_how_many_they_are_and_follow(desk: Desk) -> None:
    desk.show_document(composed())
    tags = {name: desk.scene.nodes[name].face.tag for name in ("one", "two")}
    assert set(tags.values()) == {"one of 2 instances, own weights"}
    desk.session.select(("two",))
    desk.canvas.duplicate("instance")
    assert desk.scene.nodes["one"].face.tag == "one of 3 instances, own weights"
    desk.check()
    desk.undo_all()


def test_the_uses_of_a_block_are_listed_and_gone_to(desk: Desk) -> None:
    desk.show_document(composed())
    desk.session.enter(Location("Block"), "one")
    desk.canvas.composing.show_uses()
    popup = desk.canvas.search_popup
    assert [choice.label for choice in popup.model.choices] == ["one", "two"]
    QTest.keyClick(popup.field, Qt.Key.Key_Down)
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert desk.session.location == Location("Net") and desk.session.selection == ("two",)
    desk.session.select(())
    desk.canvas.composing.show_uses()
    assert desk.messages[-1] == "“Net” is not used anywhere."
