"""Find: nodes and notes of all graphs, by name, kind, option, shape and parameter; Return goes there."""

from __future__ import annotations

import pytest
from attrs import evolve
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from blockstudio.engine.protocol import PortShape, Shapes, TensorShape
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddDefinition, AddNode, SetNode, SetNote
from blockstudio.graph.model import Definition, Graph, Instance, Note, Sequential
from blockstudio.gui.canvas.facts.keys import Key
from blockstudio.gui.main_window import MainWindow

from .conftest import NET, compose, linear, press


@pytest.fixture
def nested(window: MainWindow) -> MainWindow:
    """The chain, an instance of a block with a Sequential in it, and a note deep inside."""
    session = window.session
    compose(session)
    stack = Sequential(name="stack", body=Graph(nodes={"deep": linear("deep", 7, 9)}))
    session.push(AddDefinition(Definition("Stage", Graph(nodes={"stack": stack}))), "Block")
    session.push(AddNode(NET, Instance(name="stage", definition="Stage")), "Add")
    session.push(SetNote(Location("Stage"), "note_1", Note("**Remember** the `schedule`")), "Note")
    session.set_shapes(Shapes(1, (PortShape("Net/hidden", "output", TensorShape((2, 256))),), ()))
    return window


def find(window: MainWindow, text: str) -> list[str]:
    press(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.search_popup.isVisible()
    window.search_popup.field.insert(text)
    return [choice.label for choice in window.search_popup.model.choices]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("deep", "deep"),
        ("relu", "act"),
        ("out_features=9", "deep"),
        ("in_features 7", "deep"),
        ("2x256", "hidden"),
        ("(2, 256)", "hidden"),
        ("2×256", "hidden"),
        ("sequential", "stack"),
        ("Stage", "stage"),
        ("schedule", "Remember the schedule"),
    ],
)
def test_a_thing_is_found(nested: MainWindow, text: str, wanted: str) -> None:
    assert find(nested, text)[0] == wanted


def test_a_parameter_finds_the_layers_that_have_it(nested: MainWindow) -> None:
    assert set(find(nested, "bias")) == {"hidden", "out", "deep"}


def test_return_goes_there(nested: MainWindow) -> None:
    find(nested, "deep")
    choice = nested.search_popup.model.choices[0]
    assert choice.group == "Stage/stack.body" and "7 → 9" in choice.detail
    QTest.keyClick(nested.search_popup.field, Qt.Key.Key_Return)
    assert nested.session.location.path() == "Stage/stack.body"
    assert nested.session.selection == ("deep",)


def test_a_note_is_gone_to(nested: MainWindow) -> None:
    find(nested, "schedule")
    QTest.keyClick(nested.search_popup.field, Qt.Key.Key_Return)
    assert nested.session.location == Location("Stage")
    assert nested.canvas.canvas_scene.selection == {Key("note", "note_1")}


def test_nothing_found_says_so(nested: MainWindow) -> None:
    assert find(nested, "qqqq") == []
    assert nested.search_popup.nothing.isVisible()


def expand(window: MainWindow) -> None:
    """The block, and the Sequential in it."""
    for place, name in ((NET, "stage"), (Location("Stage"), "stack")):
        node = window.session.document.node(place, name)
        window.session.push(SetNode(place, evolve(node, expanded=True)), "")


def test_what_is_seen_in_place_is_gone_to_there(nested: MainWindow) -> None:
    expand(nested)
    nested.canvas.animated = False
    assert find(nested, "deep")[0] == "deep"
    QTest.keyClick(nested.search_popup.field, Qt.Key.Key_Return)
    assert [place.node for place in nested.session.trail] == ["", "stage", "stack"]
    assert nested.session.selection == ("deep",)
    assert nested.canvas.in_place
    assert nested.canvas.surroundings.outermost.location == NET
    scene = nested.canvas.canvas_scene
    assert nested.canvas.visible_rect().contains(scene.nodes["deep"].body)
    find(nested, "schedule")
    QTest.keyClick(nested.search_popup.field, Qt.Key.Key_Return)
    assert [place.node for place in nested.session.trail] == ["", "stage"]
    assert nested.session.selected_notes == ("note_1",)
    find(nested, "hidden")
    QTest.keyClick(nested.search_popup.field, Qt.Key.Key_Return)
    assert [place.node for place in nested.session.trail] == [""]


def test_of_several_that_show_it_the_one_in_view_is_gone_to(nested: MainWindow) -> None:
    """From inside a block that is shown alone, what is expanded in that comes before the way from the root."""
    expand(nested)
    nested.session.push(AddNode(NET, Instance(name="closed", definition="Stage")), "Add")
    nested.session.push(SetNode(NET, evolve(nested.session.document.node(NET, "stage"), expanded=False)), "")
    nested.session.enter(Location("Stage"), "closed")
    find(nested, "deep")
    QTest.keyClick(nested.search_popup.field, Qt.Key.Key_Return)
    assert [place.node for place in nested.session.trail] == ["", "closed", "stack"]
