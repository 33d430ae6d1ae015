"""Texts of a project in widgets of Qt, which take for HTML what looks like it and read the files that it names."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtGui import Qt as Guesses
from PySide6.QtWidgets import QLabel

LONGEST_CAPTION = 80
"""Characters; of longer ones the ends are shown."""


def plain(text: str) -> str:
    """A text for a tooltip that shows it as it is."""
    return escape(text).replace("\n", "<br>") if Guesses.mightBeRichText(text) else text


def plain_label(text: str = "") -> QLabel:
    """A label that shows every text as it is."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def caption(text: str) -> str:
    """A text for a button or a menu that shows it as it is, on one line: an "&" makes no shortcut."""
    line, half = " ".join(text.split()), LONGEST_CAPTION // 2
    return (line if len(line) <= LONGEST_CAPTION else f"{line[:half]}…{line[-half:]}").replace("&", "&&")


class Markdown(QTextDocument):
    """Text in Markdown, without the pictures that it names: to open a project reads no other file."""

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        picture = QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)
        picture.fill(Qt.GlobalColor.transparent)
        return picture


def in_words(markdown: str) -> str:
    """What a text in Markdown says, on one line."""
    document = Markdown()
    document.setMarkdown(markdown)
    return " ".join(document.toPlainText().split())
