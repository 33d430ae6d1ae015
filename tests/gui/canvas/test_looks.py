"""What the canvas looks like: the colours of kinds, and contrasts, measured in its pictures."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from blockstudio.graph.edits import AddNode, Connect, MoveNodes, SetNote
from blockstudio.graph.model import Endpoint, Function, Note
from blockstudio.gui import theme
from blockstudio.gui.canvas.facts.faces import Face
from blockstudio.gui.canvas.painting import look
from blockstudio.gui.canvas.painting.geometry import geometry
from blockstudio.gui.canvas.painting.labels import LabelPlaces, label_place
from blockstudio.gui.canvas.painting.node_painting import HEAD_TINT
from blockstudio.gui.canvas.painting.overview import SIDES
from blockstudio.gui.canvas.painting.signs import sign
from blockstudio.gui.theme import DARK, DARK_CONTRAST, LIGHT, LIGHT_CONTRAST, Theme

from .conftest import ROOT, Desk

LEAST_OF_LETTERS, LEAST_OF_LINES = 4.5, 3.0
"""Contrasts that WCAG asks for: of small letters, and of lines that mean something."""


def contrast(one: QColor, other: QColor) -> float:
    def light(color: QColor) -> float:
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.fixture(
    params=[LIGHT, DARK, LIGHT_CONTRAST, DARK_CONTRAST], ids=["light", "dark", "light contrast", "dark contrast"]
)
def colors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> look.Colors:
    chosen: Theme = request.param
    monkeypatch.setattr(theme, "_current", chosen)
    return look.colors()


def test_letters_and_wires_are_told_from_what_is_behind_them(colors: look.Colors) -> None:
    assert contrast(colors.wire, colors.canvas) > LEAST_OF_LINES
    for kind in colors.kinds.values():
        assert contrast(kind, colors.canvas) > LEAST_OF_LINES
        assert contrast(kind, colors.card) > LEAST_OF_LINES
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
    monkeypatch.setattr(net.scene.surface, "label", lambda source: "1×2")
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


# --- from afar ----------------------------------------------------------------------------------

FACES = [
    Face("Conv2d", "conv1", "3 → 64, 7×7, stride 2", icon="mdi6.grid"),
    Face("一个有二十个输入端口的自定义模块", "big", "channels = 128", icon="mdi6.cube-outline"),
    Face("ReLU", icon="mdi6.sync"),
    Face("Sequential", "a_name_of_a_good_many_letters", "5 layers", icon="mdi6.sync", style="structure"),
]


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.far_title)
@pytest.mark.parametrize("scale", [0.05, 0.12, 0.25, 0.35, 0.5])
def test_what_stands_on_a_node_from_afar_stays_on_it(qapp: QApplication, face: Face, scale: float) -> None:
    for width in (96.0, 160.0, 240.0, 480.0):
        for height in (40.0, 60.0, 110.0, 400.0):
            box = QRectF(100, 50, width, height)
            size = look.title_size(face.far_title, width - SIDES / scale, height - 4.0, scale)
            if not size:
                continue
            found = sign(face, box, size, scale)
            title = look.measure("title").width(face.far_title) * size / look.TITLE_SIZE
            assert box.left() <= found.title.x() and found.title.x() + title <= box.right()
            assert box.top() <= found.title.y() - size / 2 and found.title.y() + size / 2 <= box.bottom()
            if found.side:
                assert box.left() <= found.icon.x() - found.side / 2 / scale
                assert found.icon.x() + found.side / 2 / scale <= found.title.x()
            if found.detail:
                assert found.detail_size < size
                assert found.detail_size * scale >= look.LEAST_TITLE
                length = look.measure("detail").width(found.detail) * found.detail_size / look.DETAIL_SIZE
                assert box.left() <= found.detail_place.x() and found.detail_place.x() + length <= box.right()
                assert found.title.y() + size / 2 <= found.detail_place.y() - found.detail_size / 2
                assert found.detail_place.y() + found.detail_size / 2 <= box.bottom()


def test_with_room_a_node_from_afar_shows_icon_and_options(qapp: QApplication) -> None:
    found = sign(FACES[0], QRectF(0, 0, 240, 100), 20, 0.5)
    assert found.side and found.detail == FACES[0].detail
    assert not sign(FACES[0], QRectF(0, 0, 100, 40), 20, 0.5).side
    assert not sign(FACES[0], QRectF(0, 0, 240, 40), 20, 0.5).detail


def test_no_line_of_chinese_begins_with_a_mark_that_ends_words(qapp: QApplication) -> None:
    text = "卷积变窄，再变宽。ResNet：四段、（各有）若干块！" * 3
    for width in range(70, 200, 7):
        lines = look.measure("detail").wrapped(text, float(width))
        assert "".join(lines) == text
        assert not [line for line in lines[1:] if line[0] in look.CLOSING]


def test_no_label_hides_behind_a_node(net: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It moves along its wire, and is left out where there is no room at all."""
    monkeypatch.setattr(net.scene.surface, "label", lambda source: "2×64×56×56")
    far = (1400.0, 0.0)
    net.session.push(MoveNodes(ROOT, {"relu": far}), "")
    edge = net.scene.edges[Endpoint("relu", "input")]
    places = LabelPlaces(net.scene)
    middle = places.of(edge)
    assert middle == label_place(edge)
    x = middle.center().x() - net.scene.nodes["linear_2"].body.width() / 2
    net.session.push(MoveNodes(ROOT, {"linear_2": (x, middle.center().y() - 20.0)}), "")
    moved = places.of(edge)
    assert moved is not None and moved != middle
    assert not moved.intersects(net.scene.nodes["linear_2"].body)
    assert edge.distance(moved.center()) < 1.0
    net.session.push(SetNote(ROOT, "n", Note("Head", (-100, -100), (1800, 600), frame=True)), "")
    assert places.of(edge) == moved  # a frame is behind the wires


def test_two_wires_side_by_side_say_what_flows_once(net: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net.scene.surface, "label", lambda source: "1×2")
    node = Function(name="sum", type="operator.add", position=(900.0, 300.0))
    net.session.push(AddNode(ROOT, node), "")
    for port in ("input", "other"):
        net.session.push(Connect(ROOT, Endpoint("sum", port), Endpoint("linear", "output")), "")
    places = LabelPlaces(net.scene)
    shown = [places.of(net.scene.edges[Endpoint("sum", port)]) for port in ("input", "other")]
    assert shown[0] is not None and shown[1] is None


def test_a_label_hides_no_wire_that_says_the_same(net: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two wires that begin as one: the words stand where a wire is by itself."""
    monkeypatch.setattr(net.scene.surface, "label", lambda source: "1×2")
    net.session.push(AddNode(ROOT, Function(name="far", type="torch.relu", position=(700.0, 400.0))), "")
    net.session.push(Connect(ROOT, Endpoint("far", "input"), Endpoint("linear", "output")), "")
    short, long = (net.scene.edges[Endpoint(name, "input")] for name in ("relu", "far"))
    places = LabelPlaces(net.scene)
    moved = places.of(short)
    assert moved is not None and moved != label_place(short)
    assert long.distance(moved.center()) > moved.height() / 2
    net.scene.bend(long.target, ((short.x0 + 20.0, short.y0), (short.x1 - 10.0, short.y0), (short.x1 - 10.0, 350.0)))
    alone = places.of(long)
    assert places.of(short) is None
    assert alone is not None and short.distance(alone.center()) > alone.height() / 2


# --- options ------------------------------------------------------------------------------------


def test_an_option_is_not_torn(qapp: QApplication) -> None:
    options = ["in_channels = width * 4", "out_channels = width * 2", "kernel 3×3", "padding mode reflect", "no bias"]
    lines = [line.text for line in geometry(Face("Up", detail=", ".join(options))).detail]
    assert len(lines) > 1
    assert ", ".join(line.rstrip(",") for line in lines) == ", ".join(options)


def test_an_option_too_long_for_a_line_is_torn_at_a_space(qapp: QApplication) -> None:
    words = " + ".join(f"channels_{n}" for n in range(9))
    face = geometry(Face("Up", detail=f"in = {words}, out = 2"))
    assert all(look.measure("detail").width(line.text) <= look.WIDEST_TEXT for line in face.detail)
    assert " ".join(line.text for line in face.detail) == f"in = {words}, out = 2"


def test_from_afar_a_container_tells_what_it_holds(net: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    net.canvas.add_entry("node:while", QPointF(300, 320))
    item, drawn = net.scene.nodes["loop"], []
    monkeypatch.setattr(
        "blockstudio.gui.canvas.painting.overview.paint_rows", lambda painter, item: drawn.append(item.key.name)
    )
    for zoom, wanted in ((0.45, {"loop"}), (0.3, set())):
        drawn.clear()
        net.canvas.set_view(item.body.center(), zoom)
        net.canvas.grab()
        assert set(drawn) == wanted
    monkeypatch.undo()
    net.canvas.set_view(item.body.center(), 0.45)
    image = net.canvas.grab().toImage()
    place = net.canvas.mapFromScene(item.geometry.rows[0][1].translated(item.pos())).boundingRect()
    ink = {image.pixelColor(x, place.center().y()).lightness() // 64 for x in range(place.left(), place.right())}
    assert len(ink) > 1


def test_from_afar_labels_keep_their_size_where_there_is_room(net: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net.scene.surface, "label", lambda source: "2×64")
    net.session.push(MoveNodes(ROOT, {"relu": (900.0, 0.0)}), "")
    edge, places = net.scene.edges[Endpoint("relu", "input")], LabelPlaces(net.scene)
    near, far = places.of(edge), places.of(edge, 2.5)
    assert near is not None and far is not None
    assert far.width() == 2.5 * near.width() and far.center() == near.center()
    assert places.of(edge, 25.0) is None

    def ink(zoom: float) -> int:
        """Pixels of a row through the middle of the label that are neither canvas nor wire."""
        net.canvas.set_view(edge.middle(), zoom)
        image, place = net.canvas.grab().toImage(), net.canvas.mapFromScene(edge.middle())
        row = [image.pixelColor(place.x() + dx, place.y()) for dx in range(-12, 13)]
        return sum(abs(color.lightness() - net.scene.surface.colors.canvas.lightness()) > 40 for color in row)

    assert 3 < ink(0.4) < 21
    monkeypatch.setattr(net.scene.surface, "label", lambda source: "")
    net.scene.update()
    assert ink(0.4) >= 23  # the wire
