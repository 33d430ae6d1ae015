"""What all items of a scene paint by: colours, level of detail, and the gesture that is under way."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from enum import IntEnum

from attrs import Factory, define, frozen
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPen

from blockstudio.graph.model import Endpoint
from blockstudio.gui.canvas.facts.flowing import PLAIN, Kind
from blockstudio.gui.canvas.facts.keys import Key, PortKey
from blockstudio.gui.canvas.painting.look import Colors, Fonts, colors, fonts


class Detail(IntEnum):
    """How much is painted, chosen once for each change of zoom."""

    OVERVIEW = 0
    """Coloured boxes and straight lines, all in one go."""
    TITLES = 1
    """Boxes with a title as large as it can be, and wires."""
    FULL = 2


THIN = 1.5
"""Wires of fewer pixels of the screen are painted as one."""
TITLE_PIXELS = 12.0
"""Height of the body text at 100 %."""


FEW = 60
"""Nodes that get their titles from farther away: a small graph is shown as a whole to be read."""


def detail_at(scale: float, ratio: float = 1.0, nodes: int = FEW + 1) -> Detail:
    """The level for a zoom: all text while it can be read, then titles, then only boxes.

    A screen with more pixels to the point (`ratio`) keeps small letters readable for longer.
    """
    text = TITLE_PIXELS * scale
    if text >= (6.0 if ratio < 1.5 else 5.0):
        return Detail.FULL
    return Detail.TITLES if text >= (3.0 if nodes > FEW else 1.0) else Detail.OVERVIEW


@frozen
class OpenWire:
    """A wire being drawn: where it is plugged in, and the nodes it cannot go to."""

    origin: PortKey
    blocked: AbstractSet[str] = frozenset()
    nowhere: bool = False
    """It cannot go to this graph at all."""

    def accepts(self, port: PortKey) -> bool:
        fits = port.is_source != self.origin.is_source and (port.node not in self.blocked or not port.node)
        return fits and not self.nowhere


@define
class Surface:
    colors: Colors = Factory(colors)
    fonts: Fonts = Factory(fonts)
    detail: Detail = Detail.FULL
    scale: float = 1.0
    ratio: float = 1.0
    """Pixels of the screen to one of the window."""
    repaint: Callable[[QRectF], None] = lambda area: None
    """Paint an area of the scene again."""
    label: Callable[[Endpoint], str] = lambda source: ""
    """What flows from an output, in words."""
    kind: Callable[[Endpoint], Kind] = lambda source: PLAIN
    """What kind of value flows from an output of the graph that is shown."""
    wire: OpenWire | None = None
    port: PortKey | None = None
    """The port under the pointer."""
    hover: Key | None = None
    """The node, or input or output of the graph, under the pointer."""
    pens: dict[tuple[bool, float, bool, Kind], QPen] = Factory(dict)
    """Of wires, by whether they are lit, their width, whether they are only implied, and what flows in them."""
    view: QRectF | None = None
    """All that a view shows, while it is painted."""
    strips: tuple[QRectF, ...] = ()
    """The parts to paint, in scene coordinates, where they are several: what a scroll brought into view."""
    within: QRectF | None = None
    """What is seen of the scene, while it is painted inside a node."""
    printing: bool = False
    """Everything is painted in full, with no sign of selection: for pictures."""
    calm: bool = False
    """No sign of selection: what is painted is seen around what is worked at."""

    def wire_pen(self, accent: bool, width: float, implied: bool, kind: Kind = PLAIN) -> QPen:
        """A pen for wires. From afar a wire would vanish: it keeps a width that can be seen."""
        pen = self.pens.get((accent, width, implied, kind))
        if pen is None:
            color = self.colors.accent if accent else self.colors.kind(kind)
            # A line of one pixel takes Qt a fifth of the time of any other.
            thin = width * self.scale * self.ratio < THIN and not self.printing
            pen = self.pens[accent, width, implied, kind] = QPen(color, 0.0 if thin else width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)  # the ends are below ports
            if implied:
                pen.setDashPattern([2.0, 2.0])
        return pen

    @property
    def marks(self) -> bool:
        """Whether what is selected or under the pointer is painted as such."""
        return not (self.printing or self.calm)

    def take_after(self, other: Surface) -> None:
        """Look like another scene, inside which this one is painted."""
        self.colors, self.fonts, self.printing = other.colors, other.fonts, other.printing
        self.scale, self.ratio, self.detail = other.scale, other.ratio, other.detail

    def look(self, scale: float, ratio: float, nodes: int) -> bool:
        """Take another scale; whether it is another, or shows a graph of this size in other detail."""
        detail = detail_at(scale, ratio, nodes)
        if (scale, ratio, detail) == (self.scale, self.ratio, self.detail):
            return False
        self.scale, self.ratio, self.detail = scale, ratio, detail
        self.pens.clear()
        return True
