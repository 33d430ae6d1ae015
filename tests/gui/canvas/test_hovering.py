"""What the pointer is over stands out; nothing else is painted again for it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication

from blockstudio.gui.canvas.facts.keys import node_key
from blockstudio.gui.canvas.painting.placed import MARGIN

from .conftest import Desk

EMPTY = QPoint(30, 400)


class Paintings(QObject):
    """What of a view is painted."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.region = QRegion()
        desk.canvas.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.region += event.region()
        return False


def picture(desk: Desk) -> QImage:
    QApplication.processEvents()
    return desk.canvas.grab().toImage()


def changed(before: QImage, after: QImage) -> QRect:
    """The rectangle round all pixels that are different."""
    places = [
        QPoint(x, y) for x in range(after.width()) for y in range(0, after.height(), 2)
        if before.pixel(x, y) != after.pixel(x, y)
    ]  # fmt: skip
    return QRect() if not places else QRect(
        QPoint(min(p.x() for p in places), min(p.y() for p in places)),
        QPoint(max(p.x() for p in places), max(p.y() for p in places)),
    )  # fmt: skip


def around(desk: Desk, name: str) -> QRect:
    body = desk.scene.nodes[name].body.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
    return desk.canvas.mapFromScene(body).boundingRect().adjusted(-2, -2, 2, 2)


def test_a_node_under_the_pointer_stands_out_until_the_pointer_is_gone(net: Desk) -> None:
    net.hover(EMPTY)
    before = picture(net)
    net.hover(net.node("linear"))
    there = changed(before, picture(net))
    assert not there.isEmpty()
    assert around(net, "linear").contains(there)
    net.hover(net.node("relu"))
    assert around(net, "relu").contains(changed(before, picture(net)))
    net.hover(EMPTY)
    assert picture(net) == before


def test_only_the_node_is_painted_again(net: Desk) -> None:
    net.hover(EMPTY)
    QApplication.processEvents()
    paintings = Paintings(net)
    net.hover(net.node("linear"))
    QApplication.processEvents()
    assert not paintings.region.isEmpty()
    assert around(net, "linear").contains(paintings.region.boundingRect())
    paintings.region = QRegion()
    net.hover(net.node("linear", 60.0))
    QApplication.processEvents()
    assert paintings.region.isEmpty()  # still the same node


def test_a_box_from_afar_stands_out_too(net: Desk) -> None:
    net.canvas.set_view(net.scene.extent().center(), 0.4)
    net.hover(EMPTY)
    before = picture(net)
    net.hover(net.canvas.mapFromScene(net.scene.nodes["linear"].body.center()))
    assert around(net, "linear").contains(changed(before, picture(net)))
    assert net.scene.surface.hover == node_key("linear")


def test_a_node_that_is_deleted_under_the_pointer_leaves_nothing_behind(net: Desk) -> None:
    net.hover(net.node("relu"))
    net.select("relu")
    net.key(Qt.Key.Key_Delete)
    assert "relu" not in net.graph.nodes
    net.hover(EMPTY)
    assert net.scene.surface.hover is None
    net.session.undo_stack.undo()
    net.check()
