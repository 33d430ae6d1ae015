"""What is being typed counts: menus, toolbar and shortcuts leave the keyboard where it is."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit
from shiboken6 import isValid


def take_typed() -> None:
    """Let the field that is typed in give up its text, as when the keyboard leaves it."""
    field = QApplication.focusWidget()
    if isinstance(field, QLineEdit | QAbstractSpinBox | QComboBox | QPlainTextEdit):
        field.clearFocus()
        if isValid(field) and field.isVisible():
            field.setFocus()
