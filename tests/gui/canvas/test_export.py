"""Pictures of a graph, with and without a window."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from blockstudio.errors import BlockStudioError
from blockstudio.formats.project import save
from blockstudio.graph.document import Document
from blockstudio.graph.model import Definition, Note
from blockstudio.gui.canvas.scene.export import MARGIN, Look, export_image

from .conftest import ROOT, chain


def test_svg_and_png(qapp: QApplication, tmp_path: Path) -> None:
    for name in ("net.svg", "net.png"):
        export_image(chain(), ROOT, tmp_path / name)
    text = (tmp_path / "net.svg").read_text("utf-8")
    assert "Linear" in text and "20 → 256" in text
    assert QSvgRenderer(str(tmp_path / "net.svg")).isValid()
    image = QImage(str(tmp_path / "net.png"))
    assert image.width() > 1500 and image.height() > 100


def test_a_picture_for_paper_ends_where_the_drawing_ends(qapp: QApplication, tmp_path: Path) -> None:
    export_image(chain(), ROOT, tmp_path / "net.png", look=Look("white", 1.0))
    image = QImage(str(tmp_path / "net.png"))
    assert image.dotsPerMeterX() == round(96 / 0.0254)
    columns = [x for x in range(image.width()) if any(image.pixel(x, y) & 0xFFFFFF != 0xFFFFFF for y in _rows(image))]
    assert columns[0] <= MARGIN + 4 and columns[-1] >= image.width() - MARGIN - 5


def _rows(image: QImage) -> range:
    return range(0, image.height(), 2)


def test_the_text_of_an_svg_is_text_in_fonts_that_every_viewer_has_something_for(
    qapp: QApplication, tmp_path: Path
) -> None:
    document = chain()
    document.definition("Net").graph.notes["note"] = Note("残差 `code`", (0.0, 200.0))
    export_image(document, ROOT, tmp_path / "net.svg", look=Look("transparent"))
    text = (tmp_path / "net.svg").read_text("utf-8")
    families = re.findall(r'font-family="([^"]*)"', text)
    assert families and all(family.endswith((", sans-serif", ", monospace")) for family in families)
    assert "残差" in text and "<image" not in text
    assert 'fill="#ffffff" fill-opacity="1" stroke="none" transform="matrix(1,0,0,1,0,0)"' not in text  # no page


def test_an_empty_graph(qapp: QApplication, tmp_path: Path) -> None:
    export_image(Document("Net", {"Net": Definition("Net")}), ROOT, tmp_path / "net.png")
    assert QImage(str(tmp_path / "net.png")).width() > 100


def test_a_place_that_cannot_be_written(qapp: QApplication, tmp_path: Path) -> None:
    with pytest.raises(BlockStudioError, match="cannot be written"):
        export_image(chain(), ROOT, tmp_path / "nowhere" / "net.svg")


def test_from_the_command_line_without_a_display(tmp_path: Path) -> None:
    save(chain(), tmp_path / "net.blocks")
    environ = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "QT_QPA_PLATFORM")}
    for name in ("net.svg", "net.png"):
        done = subprocess.run(
            [sys.executable, "-m", "blockstudio", "export", tmp_path / "net.blocks", tmp_path / name],
            env=environ,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / name).stat().st_size > 1000
        assert "orch" not in done.stderr
