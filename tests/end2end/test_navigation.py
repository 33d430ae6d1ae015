"""Finding one's way by real mouse and key events: search, select, align, split, problems, bookmarks, and the map."""

from __future__ import annotations

import pytest

from blockstudio import resources
from blockstudio.graph.document import Location
from blockstudio.graph.edits import Connect
from blockstudio.graph.model import Endpoint
from tests.end2end.hands import Hands

pytestmark = pytest.mark.window

ROOT = Location("NestedBlocks")


@pytest.fixture
def hands(bare: Hands) -> Hands:
    """A window on the example of blocks in blocks, without an engine."""
    bare.window.files.open_path(resources.path("examples", "04-nested-blocks.blocks"))
    bare.pause(600)
    bare.click(bare.on_canvas(0.5, 0.95))
    return bare


def test_the_palette_of_actions(hands: Hands) -> None:
    session = hands.window.session
    hands.key("ctrl+shift+p")
    hands.wait(lambda: hands.window.search_popup.isVisible())
    hands.type("invert sel")
    hands.key("Return")
    hands.wait(lambda: set(session.selection) == {"stem", "stage", "stage_2", "head"})
    hands.key("F3")
    hands.type("algn top")  # misspelt
    hands.key("Return")
    hands.wait(lambda: not hands.window.search_popup.isVisible())


def test_find_in_nested_blocks_and_come_back(hands: Hands) -> None:
    session = hands.window.session
    root = session.location
    hands.key("ctrl+b")
    hands.key("ctrl+f")
    hands.wait(lambda: hands.window.search_popup.isVisible())
    hands.type("relu")
    hands.pause(200)
    hands.key("Return")
    hands.wait(lambda: session.location != root and len(session.selection) == 1)
    hands.key("ctrl+shift+b")
    hands.pause(200)
    hands.key("Return")
    hands.wait(lambda: session.location == root)


def test_a_lasso_and_keys_along_the_wires(hands: Hands) -> None:
    session = hands.window.session
    canvas = hands.window.canvas
    box = canvas.mapFromScene(canvas.canvas_scene.nodes["stage"].body).boundingRect().adjusted(-12, -15, 12, 15)
    corner = canvas.viewport().mapToGlobal(box.topLeft())
    right, down = box.width(), box.height()
    hands.hold("alt")
    hands.path(corner.x(), corner.y(), (right, 0), (0, down), (-right, 0), (0, 3 - down))
    hands.let_go("alt")
    hands.wait(lambda: session.selection == ("stage",))
    hands.key("Right")
    hands.wait(lambda: session.selection == ("stage_2",))
    hands.key("shift+u")
    hands.wait(lambda: set(session.selection) == {"stem", "stage", "stage_2"})


def test_in_and_out_and_beside(hands: Hands) -> None:
    session = hands.window.session
    root = session.location
    hands.click(hands.node("stage"))
    hands.key("Next")  # Page Down
    hands.wait(lambda: session.location.definition == "Stage")
    hands.key("Prior")
    hands.wait(lambda: session.location == root)
    hands.pause(500)  # until the view has come to rest
    hands.click(hands.node("stage"))
    hands.key("ctrl+backslash")
    hands.wait(lambda: hands.window.split.second is not None)
    hands.pause(300)
    second = hands.window.split.canvases()[1]
    hands.click(second.viewport())
    hands.wait(lambda: session.location.definition == "Stage")
    hands.key("ctrl+backslash")
    hands.wait(lambda: hands.window.split.second is None)


def test_the_next_problem(hands: Hands) -> None:
    session = hands.window.session
    session.push(Connect(session.location, Endpoint("head", "input"), None), "Unplug")
    hands.wait(lambda: any("head" in problem.path for problem in session.diagnostics))
    hands.key("F8")
    hands.wait(lambda: session.selection == ("head",))
    assert hands.window.status.currentMessage()


def test_the_map(hands: Hands) -> None:
    canvas = hands.window.canvas
    for _ in range(6):
        hands.key("ctrl+plus")
    hands.wait(lambda: canvas.minimap.isVisible())
    before = canvas.view_center()
    place = canvas.minimap.to_map(canvas.canvas_scene.nodes["head"].body).center().toPoint()
    hands.click(canvas.minimap.mapToGlobal(place))
    hands.wait(lambda: (canvas.view_center() - before).manhattanLength() > 50)
    assert canvas.visible_rect().intersects(canvas.canvas_scene.nodes["head"].body)
