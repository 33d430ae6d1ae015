"""Icons from a font of qtawesome, painted in the colours of the theme in use and sharp at any scale."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from blockstudio.gui.theme import theme

FILES = {"mdi6": "materialdesignicons6-webfont"}
"""How the files of a font begin, by its name."""


def icon(name: str, role: str = "text") -> QIcon:
    """The icon of a qtawesome name such as "mdi6.content-save", in the theme's colour of that role.

    A role may also be a colour of its own, "#rrggbb", or "hue:3" for a category's colour.
    """
    return QIcon(_Engine(name, role))


def role_color(role: str) -> QColor:
    if role.startswith("#"):
        return QColor(role)
    if role.startswith("hue:"):
        hues = theme().hues
        return QColor(hues[int(role[4:]) % len(hues)])
    return QColor(getattr(theme(), role))


@cache
def glyph(name: str) -> tuple[str, str]:
    """Font family and character."""
    prefix, _, rest = name.partition(".")
    family, characters = _font(prefix)
    return family, chr(int(characters[rest], 16))


@cache
def _font(prefix: str) -> tuple[str, dict[str, str]]:
    """The family of a font, and its characters in hexadecimal numbers by their names.

    To import qtawesome would take a fifth of the time in which a window opens: it reads twelve fonts, and OpenGL.
    """
    package = find_spec("qtawesome")
    assert package is not None and package.origin is not None
    folder, files = Path(package.origin).with_name("fonts"), FILES[prefix]
    (font,), (characters,) = folder.glob(f"{files}-[0-9]*.ttf"), folder.glob(f"{files}-charmap-*.json")
    number = QFontDatabase.addApplicationFont(str(font))
    return QFontDatabase.applicationFontFamilies(number)[0], json.loads(characters.read_text("utf-8"))


class IconLabel(QWidget):
    """An icon that stands by itself, and changes colour with the theme."""

    def __init__(self, name: str, role: str, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon(name, role)
        self.setFixedSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._icon.paint(painter, self.rect())
        painter.end()


class _Engine(QIconEngine):
    """Paints a glyph when asked, so that the colours are those of the moment."""

    def __init__(self, name: str, role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        family, character = glyph(self._name)
        painter.save()
        tint = role_color(self._role)
        if mode == QIcon.Mode.Disabled:
            tint.setAlpha(90)
        font = QFont(family)
        font.setPixelSize(max(1, min(rect.width(), rect.height())))
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.setPen(tint)
        painter.setFont(font)
        painter.drawText(QRectF(rect), Qt.AlignmentFlag.AlignCenter, character)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._role)
