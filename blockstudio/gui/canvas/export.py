"""A picture of a graph, as SVG or PNG; needs no display."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from blockstudio.errors import BlockStudioError, mark
from blockstudio.formats.files import write_atomically
from blockstudio.graph.document import Document, Location
from blockstudio.gui.canvas.scene import CanvasScene, Knowledge

MARGIN = 24.0
SHARPNESS = 2.0
"""Pixels of a PNG for one unit of the canvas."""
LARGEST = 16_000
"""Pixels of the longer side of a PNG."""


def export_image(document: Document, location: Location, file: str | Path, knowledge: Knowledge | None = None) -> None:
    """Write the graph at a location as `.svg` or `.png`; with `knowledge`, shapes stand on the wires."""
    target = Path(file)
    with _application():
        scene = CanvasScene()
        try:
            scene.surface.printing = True
            scene.show_graph(document, location, knowledge)
            scene.look_at(None, 1.0)
            area = scene.extent()
            area = (QRectF(0, 0, 200, 100) if area.isNull() else area).adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
            if target.suffix.lower() == ".svg":
                _write_svg(scene, area, target)
            else:
                _write_png(scene, area, target)
        finally:
            scene.take_out_all()
            scene.deleteLater()


@contextmanager
def _application() -> Iterator[None]:
    """An application to measure and paint text with; one for the offscreen platform where there is none."""
    if QApplication.instance() is None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        application = QApplication([])
        try:
            yield
        finally:
            application.shutdown()
    else:
        yield


def _write_svg(scene: CanvasScene, area: QRectF, target: Path) -> None:
    from PySide6.QtSvg import QSvgGenerator

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(96)
    generator.setSize(area.size().toSize())
    generator.setViewBox(QRectF(0, 0, area.width(), area.height()))
    generator.setTitle(scene.location.path())
    painter = QPainter(generator)
    _paint(scene, painter, area, 1.0)
    painter.end()
    _write(bytes(buffer.data().data()), target)


def _write_png(scene: CanvasScene, area: QRectF, target: Path) -> None:
    sharpness = min(SHARPNESS, LARGEST / max(area.width(), area.height()))
    size = QSize(max(1, round(area.width() * sharpness)), max(1, round(area.height() * sharpness)))
    image = QImage(size, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(sharpness)
    painter = QPainter(image)
    _paint(scene, painter, area, sharpness)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub wants bytes, the call takes text
    _write(bytes(buffer.data().data()), target)


def _write(data: bytes, target: Path) -> None:
    try:
        write_atomically(target, lambda out: out.write(data))
    except OSError as error:
        raise BlockStudioError(
            mark("“{file}” cannot be written: {reason}."), file=str(target), reason=error.strerror or str(error)
        ) from error


def _paint(scene: CanvasScene, painter: QPainter, area: QRectF, sharpness: float) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    page = QRectF(0, 0, area.width(), area.height())
    painter.fillRect(page, scene.surface.colors.canvas)
    scene.render(painter, page, area)
