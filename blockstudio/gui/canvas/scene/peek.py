"""A small picture of what is inside a node, to look at without going in."""

from __future__ import annotations

import base64

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Definition, Instance, Sequential
from blockstudio.gui.canvas.facts.flowing import Knowledge
from blockstudio.gui.canvas.scene.hits import Hit
from blockstudio.gui.canvas.scene.scene import CanvasScene
from blockstudio.gui.session import Session

LARGEST = QSize(640, 300)
"""Pixels of the screen."""
MOST = 400
"""Nodes; of more nothing could be told apart, and a hover should not wait for them."""
MARGIN = 16.0


def inside_of(document: Document, location: Location, name: str) -> Location | None:
    """The graph one would see first inside a node; None where there is nothing worth a picture."""
    node = document.graph(location).nodes.get(name)
    if isinstance(node, Instance):
        definition = document.definitions.get(node.definition)
        found = Location(node.definition) if isinstance(definition, Definition) else None
    elif node is None or isinstance(node, Sequential):  # shows its children in rows
        return None
    else:
        slots = [slot for slot, _ in node.graphs()]
        found = location.enter(name, next((s for s in ("body", "then") if s in slots), slots[0])) if slots else None
    count = len(document.graph(found).nodes) if found else 0
    return found if 0 < count <= MOST else None


def shown(scene: CanvasScene, session: Session, found: Hit, ratio: float) -> str:
    """A picture of the inside of what was found, as a piece of rich text; "" where there is none."""
    if found.key is None or found.key.kind != "node" or found.port is not None:
        return ""
    if scene.nodes[found.key.name].inner is not None:  # seen already
        return ""
    inside = inside_of(session.document, scene.location, found.key.name)
    return f"<br>{as_html(picture(session.document, inside, session, ratio))}" if inside is not None else ""


def picture(document: Document, location: Location, knowledge: Knowledge | None, ratio: float) -> QImage:
    """The graph at a location, no larger than LARGEST, with as much detail as can be read there."""
    scene = CanvasScene()
    try:
        scene.show_graph(document, location, knowledge)
        area = scene.extent().adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        scale = min(1.0, LARGEST.width() / area.width(), LARGEST.height() / area.height())
        scene.look_at(scale, ratio)
        size = QSize(max(1, round(area.width() * scale)), max(1, round(area.height() * scale)))
        image = QImage(size * ratio, QImage.Format.Format_RGB32)
        image.fill(scene.surface.colors.canvas)
        painter = QPainter(image)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        scene.render(painter, QRectF(image.rect()), area, Qt.AspectRatioMode.KeepAspectRatio)
        painter.end()
        image.setDevicePixelRatio(ratio)
        return image
    finally:
        scene.close()


def as_html(image: QImage) -> str:
    """The picture as a piece of rich text."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub wants bytes, the call takes text
    data = base64.b64encode(bytes(buffer.data().data())).decode()
    size = image.deviceIndependentSize()
    return f'<img src="data:image/png;base64,{data}" width="{round(size.width())}" height="{round(size.height())}">'
