"""Small widgets that several panels are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.theme import fixed_font


def tool_button(name: str, tip: str, clicked: Callable[[], Any] | None = None, text: str = "") -> QToolButton:
    """A flat button with an icon, and what it does as its tooltip."""
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(QSize(16, 16))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setAutoRaise(True)
    if text:
        button.setText(text)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    if clicked:
        button.clicked.connect(lambda: clicked())
    return button


def muted_label(text: str = "") -> QLabel:
    """A line of less weight that wraps."""
    label = QLabel(text)
    label.setProperty("muted", True)
    label.setWordWrap(True)
    return label


def state_label(state: str = "error") -> QLabel:
    """A line that says what is wrong; hidden while it has nothing to say."""
    label = QLabel()
    label.setProperty("state", state)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.hide()
    return label


def tell(label: QLabel, text: str) -> None:
    """Show a text, or hide the label when there is none."""
    label.setText(text)
    label.setVisible(bool(text))


class Empty(QWidget):
    """What stands in place of content there is none of: why, and what to do."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = muted_label(text)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.addWidget(self._label)

    def set_text(self, text: str) -> None:
        self._label.setText(text)

    def text(self) -> str:
        return self._label.text()


class CopyLine(QWidget):
    """A piece of Python, shortened where it does not fit, that one click copies."""

    def __init__(self, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._label = QLabel()
        self._label.setFont(fixed_font())
        self._label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        # The text gives way to the width of the panel, not the panel to the text.
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button = tool_button("mdi6.content-copy", tip, self.copy)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._label, 1)
        row.addWidget(self.button)
        self.set_text("")

    def set_text(self, text: str) -> None:
        self._text = text
        self._label.setText(text)
        self._label.setToolTip(text)
        self.button.setEnabled(bool(text))

    def text(self) -> str:
        return self._text

    def copy(self) -> None:
        copy_text(self._text)


def copy_text(text: str) -> None:
    """Put a text on the clipboard."""
    QGuiApplication.clipboard().setText(text)


def python_path(module: str) -> str:
    """How a person reaches a module of the model, named `net`: `net[0].linear`."""
    parts = ["net"]
    for name in module.split(".") if module else ():
        parts.append(f"[{name}]" if name.isdigit() else f".{name}")
    return "".join(parts)


def engine_text(state: str) -> str:
    """What to say of an engine that cannot answer now; "" when it can."""
    return {
        "stopped": tr("The engine is not running. Restart it from the Model menu."),
        "starting": tr("The engine is starting…"),
        "restarting": tr("The engine is starting again…"),
        "dead": tr("The engine ended. Restart it from the Model menu."),
    }.get(state, "")
