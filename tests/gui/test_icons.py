"""The icons are those of qtawesome, of which only the files are read."""

from __future__ import annotations

import qtawesome
from PySide6.QtWidgets import QApplication

from blockstudio.gui.icons import glyph


def test_a_glyph_is_the_one_that_qtawesome_has(qapp: QApplication) -> None:
    for name in ("mdi6.cube-outline", "mdi6.content-save"):
        assert glyph(name) == (qtawesome.font("mdi6", 16).family(), qtawesome.charmap(name))
