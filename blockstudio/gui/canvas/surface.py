"""What all items of a scene paint by: colours, level of detail, and the gesture that is under way."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from enum import IntEnum

from attrs import Factory, define, frozen
from PySide6.QtGui import QPen

from blockstudio.gui.canvas.keys import PortKey
from blockstudio.gui.canvas.look import WIRE, Colors, Fonts, colors, fonts


class Detail(IntEnum):
    """How much is painted, chosen once for each change of zoom."""

    OVERVIEW = 0
    """Coloured boxes and straight lines, all in one go."""
    TITLES = 1
    """Boxes with a title as large as it can be, and wires."""
    FULL = 2


LEAST_WIRE = 1.1
"""Pixels of the screen."""
TITLE_PIXELS = 12.0
"""Height of the body text at 100 %."""


def detail_at(scale: float, ratio: float = 1.0) -> Detail:
    """The level for a zoom: all text while it can be read, then titles, then only boxes.

    A screen with more pixels to the point (`ratio`) keeps small letters readable for longer.
    """
    text = TITLE_PIXELS * scale
    if text >= (6.0 if ratio < 1.5 else 5.0):
        return Detail.FULL
    return Detail.TITLES if text >= 3.0 else Detail.OVERVIEW


@frozen
class OpenWire:
    """A wire being drawn: where it is plugged in, and the nodes it cannot go to."""

    origin: PortKey
    blocked: AbstractSet[str]

    def accepts(self, port: PortKey) -> bool:
        return port.is_source != self.origin.is_source and (port.node not in self.blocked or not port.node)


@define
class Surface:
    colors: Colors = Factory(colors)
    fonts: Fonts = Factory(fonts)
    detail: Detail = Detail.FULL
    scale: float = 1.0
    wire: OpenWire | None = None
    port: PortKey | None = None
    """The port under the pointer."""
    pens: dict[tuple[bool, float, bool], QPen] = Factory(dict)
    """Of wires, by whether they are lit, their width and whether they are only implied."""
    printing: bool = False
    """Everything is painted in full, with no sign of selection: for pictures."""

    def wires_are_thin(self) -> bool:
        """Whether wires have to be drawn wider than they are to be seen."""
        return LEAST_WIRE / self.scale > WIRE

    def wire_pen(self, accent: bool, width: float, implied: bool) -> QPen:
        """A pen for wires. From afar a wire would vanish: it keeps a width that can be seen."""
        width = round(max(width, LEAST_WIRE / self.scale), 2)
        pen = self.pens.get((accent, width, implied))
        if pen is None:
            if len(self.pens) > 500:
                self.pens.clear()
            pen = self.pens[accent, width, implied] = QPen(self.colors.accent if accent else self.colors.wire, width)
            if implied:
                pen.setDashPattern([2.0, 2.0])
        return pen
