"""What the canvas looks like: the colours of kinds, and contrasts, measured in its pictures."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage

from blockstudio.graph.edits import SetNote
from blockstudio.graph.model import Endpoint, Note
from blockstudio.gui import theme
from blockstudio.gui.canvas import look
from blockstudio.gui.canvas.layers import label_place
from blockstudio.gui.canvas.node_painting import HEAD_TINT
from blockstudio.gui.theme import DARK, LIGHT, Theme

from .conftest import ROOT, Desk

LEAST_OF_LETTERS, LEAST_OF_LINES = 4.5, 3.0
"""Contrasts that WCAG asks for: of small letters, and of lines that mean something."""


def contrast(one: QColor, other: QColor) -> float:
    def light(color: QColor) -> float:
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.fixture(params=[LIGHT, DARK], ids=["light", "dark"])
def colors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> look.Colors:
    chosen: Theme = request.param
    monkeypatch.setattr(theme, "_current", chosen)
    return look.colors()


def test_letters_and_wires_are_told_from_what_is_behind_them(colors: look.Colors) -> None:
    assert contrast(colors.wire, colors.canvas) > LEAST_OF_LINES
    for hue in colors.hues.values():
        head = look.blend(colors.card, hue, HEAD_TINT)
        assert contrast(colors.text, head) > LEAST_OF_LETTERS
        assert contrast(colors.detail, head) > LEAST_OF_LETTERS, hue.name()


# --- nodes --------------------------------------------------------------------------------------


def at(desk: Desk, image: QImage, name: str, x: float, y: float) -> QColor:
    """The colour at a place of a node."""
    return image.pixelColor(desk.canvas.mapFromScene(desk.scene.nodes[name].pos() + QPointF(x, y)))


def test_a_title_stands_on_the_colour_of_its_kind_and_rows_on_a_card(net: Desk) -> None:
    net.canvas.add_entry("node:while", QPointF(300, 320))
    image = net.canvas.grab().toImage()
    colors = net.scene.surface.colors
    for name in ("linear", "relu", "loop"):
        hue = colors.hue(net.scene.nodes[name].face.category)
        assert at(net, image, name, 14, 4) == look.blend(colors.card, hue, HEAD_TINT)
    below = net.scene.nodes["loop"].geometry.header + 2
    assert at(net, image, "loop", 40, below + 2) == colors.card


# --- wires --------------------------------------------------------------------------------------


def test_the_label_of_a_wire_stands_on_what_is_behind_it(net: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame is seen through: no patch of bare canvas round a label in it."""
    monkeypatch.setattr(net.scene.surface, "label", lambda source, location: "1×2")
    edge = net.scene.edges[Endpoint("relu", "input")]
    place = label_place(edge)
    assert place is not None
    corner = place.topLeft() + QPointF(3.0, 2.0)

    def behind() -> QColor:
        return net.canvas.grab().toImage().pixelColor(net.canvas.mapFromScene(corner))

    canvas = net.scene.surface.colors.canvas
    assert behind() == canvas
    net.session.push(SetNote(ROOT, "n", Note("Head", (60, 40), (600, 300), "#3c8a3f", frame=True)), "")
    bare = net.scene.notes["n"].body.bottomRight() - QPointF(27, 27)
    image = net.canvas.grab().toImage()
    frame = image.pixelColor(net.canvas.mapFromScene(bare))
    assert frame != canvas
    assert abs(behind().lightness() - frame.lightness()) <= 1
