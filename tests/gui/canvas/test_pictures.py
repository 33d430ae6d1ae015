"""What is painted from pictures looks as if it were painted afresh."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage

from blockstudio.engine.protocol import Problem
from blockstudio.gui.canvas.pictures import Pictures

from .conftest import Desk

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
