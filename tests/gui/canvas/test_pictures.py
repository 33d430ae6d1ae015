"""What is painted from pictures looks as if it were painted afresh."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import Problem
from blockstudio.graph.edits import MoveNodes
from blockstudio.gui.canvas.painting import layers
from blockstudio.gui.canvas.painting.edge_item import EdgeItem
from blockstudio.gui.canvas.painting.pictures import Pictures
from blockstudio.gui.canvas.view import Canvas

from .conftest import ROOT, Desk

ALIKE = 0.001
"""Share of pixels at the edges of letters, which Qt sets to quarters of a pixel."""


def differing(one: QImage, other: QImage) -> int:
    """Pixels that anyone could tell apart."""
    assert one.size() == other.size()
    a, b = (image.convertToFormat(QImage.Format.Format_RGB32) for image in (one, other))
    return sum(
        abs(x - y) > 24
        for x, y in zip(bytes(a.constBits()), bytes(b.constBits()), strict=True)  # each channel
    )


@pytest.mark.parametrize("zoom", [0.5, 1.0, 1.7])
def test_pictures_look_like_what_they_stand_for(net: Desk, monkeypatch: pytest.MonkeyPatch, zoom: float) -> None:
    draw = random.Random(3)
    net.canvas.add_entry("node:while", QPointF(300.5, 320.25))
    net.session.set_diagnostics([Problem("b", "error", "Net/relu", "Wrong.", {})])
    for _ in range(3):
        net.canvas.set_view(QPointF(400 + 50 * draw.random(), 200 + 50 * draw.random()), zoom)
        net.canvas.grab()
        net.select("linear")
        kept = net.canvas.grab().toImage()
        with monkeypatch.context() as patch:
            patch.setattr(Pictures, "paint", _afresh)
            assert differing(kept, net.canvas.grab().toImage()) < ALIKE * kept.sizeInBytes()


def _afresh(pictures: Pictures, painter, items) -> None:
    for item in items:
        painter.translate(item.x(), item.y())
        item.paint(painter)
        painter.translate(-item.x(), -item.y())


def test_the_still_picture_of_the_whole_graph_follows_every_change(net: Desk) -> None:
    net.canvas.set_view(net.scene.extent().center(), 0.15)

    def looks_as_if_painted_afresh() -> None:
        for _ in range(4):  # from the third time on from the picture
            kept = net.canvas.grab().toImage()
        net.scene.overview.forget()
        assert kept == net.canvas.grab().toImage()

    looks_as_if_painted_afresh()
    net.session.push(MoveNodes(ROOT, {"relu": (500.0, 300.0)}), "")
    looks_as_if_painted_afresh()
    net.select("linear")
    looks_as_if_painted_afresh()
    net.session.set_diagnostics([Problem("b", "error", "Net/relu", "Wrong.", {})])
    looks_as_if_painted_afresh()
    net.drag(net.node("linear"), net.node("linear") + QPoint(30, 20), let_go=False)
    looks_as_if_painted_afresh()
    net.key(Qt.Key.Key_Escape)
    looks_as_if_painted_afresh()
    net.canvas.scroll_by(15, 5)
    looks_as_if_painted_afresh()


def test_from_afar_what_is_dragged_looks_as_it_does_where_it_is_let_go(net: Desk) -> None:
    net.canvas.set_view(net.scene.extent().center(), 0.15)
    net.session.set_diagnostics([Problem("b", "error", "Net/relu", "Wrong.", {})])
    net.select("linear", "relu")
    start = net.node("linear")
    end = start + QPoint(37, 60)
    net.drag(start, end, held=Qt.KeyboardModifier.AltModifier, let_go=False)
    dragged = net.canvas.grab().toImage()
    net.release(end, modifiers=Qt.KeyboardModifier.AltModifier)
    assert net.graph.nodes["relu"].position != (400.0, 100.0)
    assert net.canvas.grab().toImage() == dragged


@pytest.mark.parametrize("zoom", [0.4, 1.0])
def test_a_long_wire_is_painted_in_parts_as_if_whole(net: Desk, monkeypatch: pytest.MonkeyPatch, zoom: float) -> None:
    net.session.push(MoveNodes(ROOT, {"relu": (2600.0, 1300.0), "linear_2": (-900.0, 900.0)}), "")
    for place in (QPointF(1200, 600), QPointF(400, 200), QPointF(2400, 1200)):
        net.canvas.set_view(place, zoom)
        parts = net.canvas.grab().toImage()
        with monkeypatch.context() as patch:
            patch.setattr(EdgeItem, "path_in", lambda edge, area: edge.path())
            assert differing(parts, net.canvas.grab().toImage()) < ALIKE * parts.sizeInBytes() / 4


@pytest.mark.parametrize("zoom", [0.8, 1.0, 1.9])
def test_wires_of_straight_lines_look_like_curves(net: Desk, monkeypatch: pytest.MonkeyPatch, zoom: float) -> None:
    net.session.push(MoveNodes(ROOT, {"relu": (530.0, 390.0), "linear_2": (200.0, 500.0)}), "")
    for place in (QPointF(400, 200), QPointF(310.3, 250.7)):
        net.canvas.set_view(place, zoom)
        lines = net.canvas.grab().toImage()
        with monkeypatch.context() as patch:
            patch.setattr(QPainter, "drawLines", lambda painter, lines: None)
            assert differing(lines, net.canvas.grab().toImage()) > ALIKE * lines.sizeInBytes() / 4
            patch.setattr(layers, "in_lines", lambda pen, pixels: False)
            assert differing(lines, net.canvas.grab().toImage()) < ALIKE * lines.sizeInBytes() / 4


@pytest.mark.parametrize("zoom", [0.15, 0.4, 1.0])
def test_a_scroll_paints_only_what_comes_into_view(net: Desk, qtbot: QtBot, zoom: float) -> None:
    """With the map of the block in its corner, too; and then all looks as if painted afresh."""
    net.session.push(MoveNodes(ROOT, {"relu": (2600.0, 1300.0), "linear_2": (-900.0, 900.0)}), "")
    net.canvas.set_view(QPointF(400, 300), zoom)
    qtbot.waitUntil(lambda: net.canvas.minimap.isVisible() == (zoom > 0.15))
    qtbot.waitUntil(lambda: not any(timer.isActive() for timer in net.canvas.minimap.findChildren(QTimer)))
    QApplication.processEvents()  # the map is painted
    painted = Painted(net.canvas)
    for dx, dy in ((14, 6), (-9, 40), (30, -5), (-3, -25), (0, 12)):
        net.canvas.scroll_by(dx, dy)
        QApplication.processEvents()
    view = net.canvas.viewport()
    assert painted.areas and max(painted.areas) < view.width() * view.height() / 3
    scrolled = on_screen(net.canvas)
    view.repaint()
    assert differing(scrolled, on_screen(net.canvas)) < ALIKE * scrolled.sizeInBytes()


class Painted(QObject):
    """How many pixels are painted at a time."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self.areas: list[int] = []
        canvas.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.areas.append(sum(part.width() * part.height() for part in event.region()))
        return False


def on_screen(canvas: Canvas) -> QImage:
    return canvas.screen().grabWindow(canvas.window().winId()).toImage()
