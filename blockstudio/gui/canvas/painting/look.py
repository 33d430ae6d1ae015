"""Colours, fonts and sizes of the canvas; colours follow the theme of the window.

All sizes are in scene units, which are pixels at 100 %: fonts too, so that a document looks the
same on every screen.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from attrs import evolve, frozen
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QPainterPath, QTransform

from blockstudio.catalog.categories import CATEGORIES
from blockstudio.gui.canvas.facts.flowing import KINDS, PLAIN, Kind
from blockstudio.gui.canvas.facts.kinds import BLOCK_CATEGORY
from blockstudio.gui.icons import glyph
from blockstudio.gui.theme import LIGHT, Theme, theme

DOTS = 20.0
RADIUS = 9.0
HEADER = 40.0
"""Height of title and detail; a single port sits in the middle of it."""
PORT_Y = HEADER / 2
PORT = 4.5
"""Radius of a port."""
PORT_ROW = 20.0
ROW = 24.0
TAG = 18.0
PADDING = 10.0
CHIP = 24.0
"""Side of the square behind the icon."""
GAP = 8.0
LEAST_WIDTH = 96.0
WIDEST_TEXT = 300.0
"""Detail and comment are wrapped at this width."""
PILL = 28.0
PILL_TOP = PORT_Y - PILL / 2
"""Below the position of a pill, so that its port stands as high as that of a node."""
WIRE = 2.0
TITLE_SIZE = 13
DETAIL_SIZE = 12
SMALL_SIZE = 11


def pill_port(width: float, is_source: bool, down: bool) -> tuple[float, float]:
    """Where the one port of a pill is, from the place of the pill."""
    if down:
        return width / 2, PILL_TOP + (PILL if is_source else 0.0)
    return width if is_source else 0.0, PORT_Y


@frozen
class Colors:
    """Colours made from the theme's once, for painting."""

    canvas: QColor
    dots: QColor
    card: QColor
    border: QColor
    inner: QColor
    text: QColor
    muted: QColor
    detail: QColor
    """Of small letters on the colour of a category: they need more contrast than muted ones on a card."""
    accent: QColor
    on_accent: QColor
    halo: QColor
    """Round what is selected."""
    error: QColor
    warning: QColor
    wire: QColor
    label: QColor
    shadow: QColor
    note: QColor
    note_border: QColor
    frame: QColor
    kinds: dict[Kind, QColor]
    """Of wires and ports, by what flows there."""
    hues: dict[str, QColor]

    def kind(self, kind: Kind) -> QColor:
        return self.kinds[kind]

    def hue(self, category: str) -> QColor:
        return self.hues.get(category, self.muted)


def colors() -> Colors:
    """The colours of the theme in use."""
    return _colors(theme())


def paper_colors() -> Colors:
    """The colours of pictures to be printed: light, on white."""
    return _colors(evolve(LIGHT, canvas="#ffffff"))


@cache
def _colors(t: Theme) -> Colors:
    hues = {category.name: QColor(t.hues[i % len(t.hues)]) for i, category in enumerate(CATEGORIES)}
    hues[BLOCK_CATEGORY] = QColor(t.accent)
    wire = _blend(t.muted, t.canvas, 0.2)
    return Colors(
        canvas=QColor(t.canvas),
        dots=_blend(t.grid, t.muted, 0.12),
        card=QColor(t.raised),
        border=_blend(t.border, t.muted, 0.25),
        inner=QColor(t.border),
        text=QColor(t.text),
        muted=QColor(t.muted),
        detail=_blend(t.muted, t.text, 0.25),
        accent=QColor(t.accent),
        on_accent=QColor(t.on_accent),
        halo=_blend(t.accent, t.canvas, 0.68),
        error=QColor(t.error),
        warning=QColor(t.warning),
        wire=wire,
        label=_blend(t.text, t.muted, 0.5),
        # Solid: a fill that is seen through takes Qt ten times as long.
        shadow=_blend(t.canvas, "#000000", 0.35 if t.dark else 0.07),
        note=QColor(t.warning_fill),
        note_border=_blend(t.warning, t.warning_fill, 0.6),
        frame=_faded(t.muted, 26),
        kinds={PLAIN: wire, **{kind: _blend(c, t.canvas, 0.1) for kind, c in zip(KINDS[1:], t.kinds, strict=True)}},
        hues=hues,
    )


def tint(color: QColor, alpha: float) -> QColor:
    """The colour, see-through: `alpha` from 0 to 1."""
    result = QColor(color)
    result.setAlphaF(alpha)
    return result


def _faded(value: str, alpha: int) -> QColor:
    result = QColor(value)
    result.setAlpha(alpha)
    return result


def blend(color: QColor, other: QColor, share: float) -> QColor:
    """The colour with a share of another."""
    return _blended(color.rgb(), other.rgb(), share)


@lru_cache(maxsize=500)
def _blended(color: int, other: int, share: float) -> QColor:
    pairs = ((color >> bits & 255, other >> bits & 255) for bits in (16, 8, 0))
    return QColor(*(round(a + (b - a) * share) for a, b in pairs))


def _blend(value: str, other: str, share: float) -> QColor:
    return blend(QColor(value), QColor(other), share)


# --- fonts -----------------------------------------------------------------------------------


@frozen
class Fonts:
    title: QFont
    detail: QFont
    name: QFont
    small: QFont


@cache
def _fonts(family: str) -> Fonts:
    def font(size: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        result = QFont(family)
        result.setPixelSize(size)
        result.setWeight(weight)
        # Letters keep their widths at every zoom.
        result.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        # And their looks, whether they are painted on the canvas or from a picture.
        result.setStyleStrategy(QFont.StyleStrategy.NoSubpixelAntialias)
        return result

    return Fonts(
        title=font(TITLE_SIZE, QFont.Weight.DemiBold),
        detail=font(DETAIL_SIZE),
        name=font(12),
        small=font(SMALL_SIZE),
    )


def fonts() -> Fonts:
    return _fonts(QGuiApplication.font().family())


LONGEST_TEXT = 2000
"""Characters of a comment that are shown on the canvas; the inspector has all of it."""


class Measure:
    """Widths of texts in a font, remembered: the same words come back on thousands of nodes."""

    def __init__(self, font: QFont) -> None:
        metrics = QFontMetricsF(font)
        self._metrics = metrics
        self._widths: dict[str, float] = {}
        self.shapes: dict[int, Any] = {}
        """What was laid out with these widths, to be forgotten with them."""
        self._half = metrics.capHeight() / 2 if metrics.capHeight() > 0 else metrics.ascent() / 3

    def width(self, text: str) -> float:
        found = self._widths.get(text)
        if found is None:
            if len(self._widths) > 50_000:
                self._widths.clear()
            found = self._widths[text] = self._metrics.horizontalAdvance(text)
        return found

    def elided(self, text: str, width: float) -> str:
        """The text, or as much of its beginning as fits."""
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)

    def middle(self, y: float) -> float:
        """The baseline of a line of text centred at a height."""
        return y + self._half

    def wrapped(self, text: str, width: float) -> list[str]:
        """The text in lines no wider than `width`, broken where words or letters allow; not all of a very long one."""
        if len(text) > LONGEST_TEXT:
            text = f"{text[:LONGEST_TEXT]}…"
        lines: list[str] = []
        for paragraph in text.splitlines() or [""]:
            line = ""
            for word in _pieces(paragraph):
                if not line or self.width((line + word).rstrip()) <= width:
                    line += word
                else:
                    lines.append(line.rstrip())
                    line = word
                while self.width(line.rstrip()) > width and len(line) > 1:
                    cut = self._fitting(line, width)
                    lines.append(line[:cut])
                    line = line[cut:]
            lines.append(line.rstrip())
        return lines

    def _fitting(self, text: str, width: float) -> int:
        low, high = 1, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.width(text[:middle]) <= width else (low, middle - 1)
        return low


CLOSING = "，。；：！？、）》」』】”’"
"""Marks that begin no line."""


def _pieces(text: str) -> list[str]:
    """Words with the space behind them; each Chinese character for itself, with the marks that end it."""
    pieces: list[str] = []
    word = ""
    for letter in text:
        if letter in CLOSING and (word or pieces):
            pieces.append(word or pieces.pop())
            pieces[-1] += letter
            word = ""
            continue
        wide = ord(letter) > 0x2E7F
        if wide and word:
            pieces.append(word)
            word = ""
        word += letter
        if wide or letter == " ":
            pieces.append(word)
            word = ""
    if word:
        pieces.append(word)
    return pieces


_measures: dict[str, Measure] = {}


def measure(role: str) -> Measure:
    """The widths in the font of a role of `Fonts`."""
    found = _measures.get(role)
    if found is None:
        found = _measures[role] = Measure(getattr(fonts(), role))
    return found


def forget_measures() -> None:
    """The font of the application has changed."""
    _measures.clear()


# --- icons ------------------------------------------------------------------------------------


@cache
def icon_path(name: str, size: float = 16.0) -> QPainterPath:
    """The outline of an icon, centred on (0, 0): sharp at every zoom, and a path in an SVG."""
    family, character = glyph(name)
    font = QFont(family)
    font.setPixelSize(64)
    path = QPainterPath()
    path.addText(QPointF(0, 0), font, character)
    box = path.boundingRect()
    scale = size / 64
    path.translate(-box.center())
    scaled = QPainterPath()
    scaled.setFillRule(Qt.FillRule.WindingFill)
    scaled.addPath(QTransform.fromScale(scale, scale).map(path))
    return scaled


LEAST_TITLE = 5.5
"""Pixels below which a title is not painted."""
READABLE = 10.0
"""Pixels that a title gets where there is room."""


def title_size(title: str, width: float, height: float, scale: float) -> int:
    """The font size in scene units for a title seen from afar; 0 where it would be too small to read."""
    room = width / max(1.0, measure("title").width(title)) * TITLE_SIZE
    size = min(READABLE / scale, room, height * 0.75)
    return int(size) if size * scale >= LEAST_TITLE else 0
