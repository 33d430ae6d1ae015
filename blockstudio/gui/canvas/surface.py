"""What all items of a scene paint by: colours, level of detail, and the gesture that is under way."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from enum import IntEnum

from attrs import Factory, define, frozen

from blockstudio.gui.canvas.keys import PortKey
from blockstudio.gui.canvas.look import Colors, Fonts, colors, fonts


class Detail(IntEnum):
    """How much is painted, chosen once for each change of zoom."""

    OVERVIEW = 0
    """Coloured boxes and straight lines, all in one go."""
    TITLES = 1
    """Boxes with a title as large as it can be, and wires."""
    FULL = 2


TITLE_PIXELS = 12.0
"""Height of the body text at 100 %."""


def detail_at(scale: float) -> Detail:
    """The level for a zoom: all text while it can be read, then titles, then only boxes."""
    text = TITLE_PIXELS * scale
    if text >= 6.5:
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
    printing: bool = False
    """Everything is painted in full, with no sign of selection: for pictures."""
