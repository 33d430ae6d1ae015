"""A picture of a graph, as SVG or PNG, fit to be printed; needs no display."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args

from attrs import frozen
from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontInfo, QImage, QPainter
from PySide6.QtWidgets import QApplication

from blockstudio.errors import BlockStudioError, mark
from blockstudio.formats.files import write_atomically
from blockstudio.graph.document import Document, Location
from blockstudio.gui.canvas.facts.flowing import Knowledge
from blockstudio.gui.canvas.painting.look import paper_colors
from blockstudio.gui.canvas.scene.scene import CanvasScene

MARGIN = 12.0
LARGEST = 16_000
"""Pixels of the longer side of a PNG."""
INCH = 0.0254
RESOLUTION = 96
"""Units of the canvas in an inch of paper."""

Background = Literal["white", "transparent", "canvas"]
BACKGROUNDS: tuple[Background, ...] = get_args(Background)


@frozen
class Look:
    """How a picture looks. On the canvas' own background it has the colours of the window, else those for paper."""

    background: Background = "white"
    scale: float = 2.0
    """Pixels of a PNG for one unit of the canvas."""


PAPER = Look()


@frozen
class Painted:
    """A picture that is painted, to be written from whichever thread has the time: a large one takes seconds."""

    content: bytes | QImage

    def write(self, target: Path) -> None:
        """Write it to a file; BlockStudioError where that cannot be."""
        data = self.content if isinstance(self.content, bytes) else _png(self.content)
        try:
            write_atomically(target, lambda out: out.write(data))
        except OSError as error:
            raise BlockStudioError(
                mark("“{file}” cannot be written: {reason}."), file=str(target), reason=error.strerror or str(error)
            ) from error


def export_image(
    document: Document,
    location: Location,
    file: str | Path,
    knowledge: Knowledge | None = None,
    look: Look = PAPER,
) -> None:
    """Write the graph at a location as `.svg` or `.png`; with `knowledge`, shapes stand on the wires."""
    target = Path(file)
    with _application():
        paint(document, location, target.suffix.lower(), knowledge, look).write(target)


def paint(
    document: Document, location: Location, suffix: str, knowledge: Knowledge | None = None, look: Look = PAPER
) -> Painted:
    """The picture of a graph for a file of that suffix."""
    scene = CanvasScene()
    try:
        scene.surface.printing = True
        if look.background != "canvas":
            scene.surface.colors = paper_colors()
        scene.show_graph(document, location, knowledge)
        scene.look_at(1.0)
        area = scene.extent()
        area = (QRectF(0, 0, 200, 100) if area.isNull() else area).adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        return Painted(_svg(scene, area, look) if suffix == ".svg" else _image(scene, area, look))
    finally:
        scene.close()


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


def _svg(scene: CanvasScene, area: QRectF, look: Look) -> bytes:
    from PySide6.QtSvg import QSvgGenerator

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(RESOLUTION)
    generator.setSize(area.size().toSize())
    generator.setViewBox(QRectF(0, 0, area.width(), area.height()))
    generator.setTitle(scene.location.path())
    painter = QPainter(generator)
    _paint(scene, painter, area, look)
    painter.end()
    text = bytes(buffer.data().data()).decode("utf-8")
    return _FAMILY.sub(_with_generic, text).encode("utf-8")


_FAMILY = re.compile(r'font-family="([^"]*)"')


def _with_generic(found: re.Match[str]) -> str:
    """The name of the font that is really used, where Qt writes what it was asked for ("Sans Serif"), and what to
    take where there is no such font."""
    info = QFontInfo(QFont(found[1]))
    return f"font-family=\"'{info.family()}', {'monospace' if info.fixedPitch() else 'sans-serif'}\""


def _image(scene: CanvasScene, area: QRectF, look: Look) -> QImage:
    sharpness = min(look.scale, LARGEST / max(area.width(), area.height()))
    size = QSize(max(1, round(area.width() * sharpness)), max(1, round(area.height() * sharpness)))
    transparent = look.background == "transparent"
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied if transparent else QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.transparent)
    image.setDevicePixelRatio(sharpness)
    painter = QPainter(image)
    _paint(scene, painter, area, look)
    painter.end()
    image.setDotsPerMeterX(round(RESOLUTION * sharpness / INCH))
    image.setDotsPerMeterY(round(RESOLUTION * sharpness / INCH))
    return image


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub wants bytes, the call takes text
    return bytes(buffer.data().data())


def _paint(scene: CanvasScene, painter: QPainter, area: QRectF, look: Look) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    page = QRectF(0, 0, area.width(), area.height())
    if look.background != "transparent":
        painter.fillRect(page, scene.surface.colors.canvas)
    scene.render(painter, page, area)
