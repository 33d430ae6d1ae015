"""What flows, told by colour, by the form of ports and in words."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from blockstudio.engine.protocol import PortShape, Shapes, TensorShape
from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas import words
from blockstudio.gui.canvas.facts.flowing import KINDS, SIGNS, flow_text, kind_of
from blockstudio.gui.canvas.painting import look
from blockstudio.gui.canvas.painting.node_painting import draw_form
from blockstudio.gui.canvas.scene.hits import hit
from blockstudio.gui.help_pages import ShortcutsDialog

from .conftest import Desk


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "float", ""),
        (TensorShape((2, 3), "float32"), "float", "2×3"),
        (TensorShape((2, 3), "bfloat16"), "float", "2×3"),
        (TensorShape((2, 32), "int64"), "integer", "2×32 int64"),
        (TensorShape((), "uint8"), "integer", "scalar uint8"),
        (TensorShape((4,), "quint8"), "integer", "4 quint8"),
        (TensorShape((4, 4), "bool"), "bool", "4×4 bool"),
        (TensorShape((4,), "complex64"), "complex", "4 complex64"),
        (TensorShape(None, text="5", python_type="int"), "value", "5"),
        (TensorShape(None, text="depends on data"), "float", "depends on data"),
    ],
)
def test_the_kind_of_a_value_and_its_words(value: TensorShape | None, kind: str, text: str) -> None:
    assert kind_of(value) == kind
    assert flow_text(value) == text


def shown(desk: Desk, value: TensorShape) -> None:
    """Let a value flow out of relu, and all else be as usual."""
    rows = (PortShape("Net/relu", "output", value), PortShape("Net/linear", "output", TensorShape((2, 256), "float32")))
    desk.session.set_shapes(Shapes(1, rows, ()))


def at_port(desk: Desk, image: QImage, place: QPointF, dx: float = 0.0, dy: float = 0.0) -> QColor:
    return image.pixelColor(desk.canvas.mapFromScene(place + QPointF(dx, dy)))


@pytest.mark.parametrize(
    ("dtype", "kind", "tip"),
    [("int64", "integer", (4.0, 4.0)), ("bool", "bool", (0.0, -6.0)), ("complex64", "complex", (0.0, -6.0))],
)
def test_wires_and_ports_on_both_sides_say_what_flows(
    net: Desk, dtype: str, kind: str, tip: tuple[float, float]
) -> None:
    plain = net.canvas.grab().toImage()
    shown(net, TensorShape((2, 256), dtype))
    image = net.canvas.grab().toImage()
    colors = net.scene.surface.colors
    color = colors.kinds[kind]
    edge = net.scene.edges[Endpoint("linear_2", "input")]
    assert edge.pen().color() == color != colors.wire
    for place in (edge.start, edge.end):
        assert at_port(net, image, place) == color
        # The circle that was there does not reach so far.
        assert at_port(net, plain, place, *tip) != colors.wire
        assert at_port(net, image, place, *tip) != at_port(net, plain, place, *tip)
    other = net.scene.edges[Endpoint("relu", "input")]
    assert other.pen().color() == colors.wire
    assert at_port(net, image, other.end) == at_port(net, plain, other.end) == colors.wire
    shown(net, TensorShape((2, 256), "float32"))
    again = net.canvas.grab().toImage()
    assert at_port(net, again, edge.end) == colors.wire


def test_a_selected_wire_is_lit_whatever_flows(net: Desk) -> None:
    shown(net, TensorShape((2, 256), "int64"))
    edge = net.scene.edges[Endpoint("linear_2", "input")]
    net.canvas.select_keys([edge.key])
    assert edge.pen().color() == net.scene.surface.colors.accent


def test_every_kind_has_a_form_of_its_own() -> None:
    pictures = []
    for kind in KINDS:
        image = QImage(32, 32, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.GlobalColor.black)
        draw_form(painter, SIGNS[kind].form, QPointF(16.0, 16.0), 9.0)
        painter.end()
        pictures.append(image)
    inked = [sum(QColor.fromRgba(i.pixel(x, y)).alpha() > 0 for x in range(32) for y in range(32)) for i in pictures]
    assert all(0.75 < count / inked[0] < 1.3 for count in inked), inked  # all look about as large
    for i, one in enumerate(pictures):
        for other in pictures[i + 1 :]:
            different = sum(one.pixel(x, y) != other.pixel(x, y) for x in range(32) for y in range(32))
            assert different > 40


def test_the_tooltip_and_the_screen_reader_say_it(net: Desk) -> None:
    shown(net, TensorShape((2, 32), "int64"))
    edge = net.scene.edges[Endpoint("linear_2", "input")]
    found = hit(net.scene, edge.middle())
    text = words.tool_tip(net.scene, net.session, found)
    assert "2×32 int64" in text and "Whole numbers" in text
    port = words.tool_tip(net.scene, net.session, hit(net.scene, edge.end))
    assert "Whole numbers" in port
    usual = words.tool_tip(net.scene, net.session, hit(net.scene, net.scene.edges[Endpoint("relu", "input")].middle()))
    assert "2×256 float32" in usual and "<i>" not in usual
    assert "2×32 int64" in words.thing(net.scene, net.session, edge.key)


def test_sizes_in_other_uses_or_in_the_other_mode_are_told_besides(net: Desk) -> None:
    shown(net, TensorShape((2, 32), "float32", text="2×64"))
    edge = net.scene.edges[Endpoint("linear_2", "input")]
    assert "2×32 float32 also 2×64" in words.tool_tip(net.scene, net.session, hit(net.scene, edge.middle()))
    assert "2×32 float32 also 2×64" in words.thing(net.scene, net.session, edge.key)


def test_the_help_has_a_legend(net: Desk, qtbot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = ShortcutsDialog(parent)
    group = next(
        dialog.tree.topLevelItem(i)
        for i in range(dialog.tree.topLevelItemCount())
        if dialog.tree.topLevelItem(i).text(0) == "Ports and wires"  # type: ignore[union-attr]
    )
    assert group is not None and group.childCount() == len(KINDS)
    for row in range(group.childCount()):
        assert not group.child(row).icon(0).isNull()
    dialog.close()


def test_an_input_of_whole_numbers_says_so_before_anything_is_worked_out(net: Desk) -> None:
    from attrs import evolve

    from blockstudio.graph.edits import SetPorts
    from blockstudio.graph.model import Example

    from .conftest import ROOT

    port = evolve(net.graph.inputs[0], example=Example((2, 32), "int64"))
    net.session.push(SetPorts(ROOT, "inputs", (port,)), "Example")
    (pill,) = (pill for key, pill in net.scene.pills.items() if key.kind == "input")
    assert pill.detail == "2×32 int64"
    assert look.measure("detail").width(pill.detail) < pill.width
