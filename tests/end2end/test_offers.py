"""What is offered at the end of a wire, found by pinyin, typed with arguments and pasted as Python, by real events."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication

from blockstudio.formats.project import dumps
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode, MoveNodes
from blockstudio.graph.model import Endpoint, Sequential
from blockstudio.gui.session import new_document
from tests.compiler.documents import linear
from tests.end2end.hands import Hands

pytestmark = pytest.mark.window

NET = Location("Net")


@pytest.fixture
def hands(bare: Hands) -> Hands:
    """A window without an engine, with a lone Linear."""
    document = new_document()
    document.apply(AddNode(NET, linear("head", 20, 4)))
    document.apply(MoveNodes(NET, {"head": (280.0, 0.0)}))
    bare.window.session.replace(document)
    bare.pause(600)
    bare.click(bare.on_canvas(0.5, 0.95))
    return bare


def test_by_mouse_and_keys(hands: Hands) -> None:
    session, canvas = hands.window.session, hands.window.canvas
    start = dumps(session.document)

    def nodes() -> dict[str, Any]:
        return session.graph.nodes  # type: ignore[return-value]

    # A wire pulled back from an input: what is chosen gives what the input needs.
    hands.drag(hands.port("head", "input", False), hands.port("head", "input", False) + QPoint(-60, 200))
    hands.wait(lambda: canvas.search_popup.isVisible())
    hands.type("xianxing")
    hands.wait(lambda: canvas.search_popup.model.choices[0].payload == "torch.nn.Linear")
    assert canvas.search_popup.model.choices[0].detail == "out_features = 20"
    hands.key("Return")
    hands.wait(lambda: "linear" in nodes())
    assert nodes()["linear"].options["out_features"] == 20
    assert session.graph.source_of("head", "input") == Endpoint("linear", "output")

    # Arguments behind a name are its options.
    conv = hands.add("conv(3, 64, 7", hands.on_canvas(0.6, 0.85))
    assert nodes()[conv].options["kernel_size"] == 7 and nodes()[conv].options["out_channels"] == 64

    # Lines of Python become nodes.
    QGuiApplication.clipboard().setText("self.tail = nn.Sequential(nn.Linear(4, 8), nn.ReLU())")
    hands.key("ctrl+v")
    hands.wait(lambda: isinstance(nodes().get("tail"), Sequential))
    hands.key("ctrl+shift+g")
    hands.wait(lambda: "tail" not in nodes())
    assert session.graph.source_of("relu", "input") == Endpoint("linear_2", "output")

    # All of it goes, step by step.
    while session.undo_stack.canUndo():
        hands.key("ctrl+z")
    assert dumps(session.document) == start
