"""Editors of option values by their type. Each also takes an expression over hyper-parameters."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from html import escape
from itertools import pairwise
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QToolButton, QWidget

from blockstudio.catalog.spec import OptionSpec
from blockstudio.errors import BlockStudioError
from blockstudio.graph.expressions import DTYPES
from blockstudio.graph.model import Expression, OptionValue
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.panels.form import Field, Row, set_state, small_button
from blockstudio.gui.panels.option_text import read, shown, stepped, type_words
from blockstudio.gui.theme import fixed_font


class Mixed:
    """Stands for a value that differs among the selected nodes."""


MIXED: Final = Mixed()
Shown = OptionValue | Mixed

STEPPED = ("int", "float", "number", "int|tuple", "float|tuple", "any")
CODE = ("tensor", "index")


class ValueField(Field):
    """A value as text. The arrow keys and, with the keyboard in it, the wheel step a number."""

    def __init__(self, option: OptionSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = option.type in STEPPED
        if option.type in CODE:
            self.setFont(fixed_font())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._step(event.key() == Qt.Key.Key_Up):
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # A wheel that scrolls the inspector must not change values on its way.
        if self.hasFocus() and self._step(event.angleDelta().y() > 0):
            event.accept()
        else:
            event.ignore()

    def _step(self, up: bool) -> bool:
        text = stepped(self.text(), up) if self._steps else None
        if text is None:
            return False
        self.setText(text)
        self.committed.emit(text)
        return True


class Choice(QComboBox):
    """A combo box that the wheel changes only with the keyboard in it."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class OptionRow(Row):
    """One option: label, typed editor, a switch to an expression, a way back to the default."""

    committed = Signal(object)
    """The new value; the default itself when it was reset."""
    exposed = Signal()
    """It is to be a hyper-parameter of the block."""

    def __init__(
        self, option: OptionSpec, names: Collection[str], parent: QWidget | None = None, *, may_lack: bool = False
    ) -> None:
        """`may_lack`: the option may go without a value, as an input of its name may be wired instead."""
        holder = QWidget()
        super().__init__(option.name, holder, parent=parent)
        self.option = option
        self.names = [] if option.literal else names
        self._may_lack = may_lack
        self.field = ValueField(option)
        self.typed: QCheckBox | Choice | None = None
        self.switch: QToolButton | None = None
        self._value: Shown = None
        if option.type == "bool":
            self.typed = QCheckBox()
            self.typed.clicked.connect(self._checked)
        elif option.type in ("choice", "dtype"):
            self.typed = self._choice()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.field, 1)
        if self.typed is not None:
            row.addWidget(self.typed, 1)
            self.field.hide()
        if self.typed is not None and not option.literal:
            self.switch = small_button("mdi6.function-variant", tr("Use an expression over hyper-parameters"))
            self.switch.setCheckable(True)
            self.switch.clicked.connect(self._switched)
            row.addWidget(self.switch)
        self.expose = small_button("mdi6.tune-variant", tr("Make it a hyper-parameter of the block"), self.exposed.emit)
        self.expose.setVisible(False)
        row.addWidget(self.expose)
        self.reset = small_button("mdi6.restore", tr("Back to the default"), self._reset)
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        row.addWidget(self.reset)
        holder.setFocusProxy(self.typed or self.field)
        for widget in (self.field, self.typed):
            if widget is not None:
                widget.setAccessibleName(option.name)
                widget.setObjectName(f"option_{option.name}")
        self.field.committed.connect(self._typed)
        self.field.textEdited.connect(self._look)
        self.set_tip(self._tip())

    def show_value(self, value: Shown) -> None:
        """Show what holds, without telling anyone."""
        self._value = value
        as_text = self.typed is None or isinstance(value, Expression)
        if self.switch is not None:
            self.switch.setChecked(as_text)
        self._show_as_text(as_text)
        if isinstance(value, Mixed):
            self.field.show_text("")
            self.field.setPlaceholderText(tr("different values"))
        else:
            self.field.setPlaceholderText(self._placeholder())
            self.field.show_text("" if value is None else shown(value, self.option))
        if not self.field.isModified() or not self.field.hasFocus():
            self.complain("")
        self._show_typed(value)
        option = self.option
        changed = not option.required and (isinstance(value, Mixed) or not _same(value, option.when_unset))
        self.reset.setVisible(changed)
        font = self.label.font()
        if font.bold() != changed:
            font.setBold(changed)
            self.label.setFont(font)

    def _placeholder(self) -> str:
        if self.option.nullable:
            return "None"
        return tr("wired, or a value") if self._may_lack else tr("needs a value")

    def _show_typed(self, value: Shown) -> None:
        if isinstance(self.typed, QCheckBox):
            self.typed.setTristate(isinstance(value, Mixed))
            if isinstance(value, Mixed):
                self.typed.setCheckState(Qt.CheckState.PartiallyChecked)
            elif isinstance(value, bool):
                self.typed.setChecked(value)
        elif self.typed is not None and not isinstance(value, Mixed | Expression):
            index = next((i for i in range(self.typed.count()) if _same(self.typed.itemData(i), value)), -1)
            if index < 0 and value is not None:
                # A value this version does not offer is shown all the same.
                self.typed.addItem(shown(value), value)
                index = self.typed.count() - 1
            self.typed.setCurrentIndex(index)

    def _choice(self) -> Choice:
        box = Choice()
        option = self.option
        values = option.choices if option.type == "choice" else DTYPES
        if option.nullable and None not in values:
            box.addItem("None", None)
        for value in values:
            box.addItem(shown(value), value)
        box.activated.connect(lambda index: self.committed.emit(box.itemData(index)))
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(3)
        return box

    def _show_as_text(self, as_text: bool) -> None:
        self.field.setVisible(as_text)
        if self.typed is not None:
            self.typed.setVisible(not as_text)

    def _checked(self, checked: bool) -> None:
        self.committed.emit(checked)

    def _switched(self, expression: bool) -> None:
        self._show_as_text(expression)
        if expression:
            self.field.setPlaceholderText(", ".join(self.names) or tr("an expression"))
            self.field.setText("")
            self.field.setFocus()
        elif isinstance(self._value, Expression):
            self._reset()

    def _typed(self, text: str) -> None:
        value: OptionValue = None
        if text.strip() or not self._may_lack:
            try:
                value = read(self.option, text, self.names)
            except BlockStudioError as error:
                self._wrong(message(error))
                return
        self._wrong("")
        self.field.setModified(False)
        self.committed.emit(value)

    def _look(self, _: str) -> None:
        """Say at once that a text is wrong; that it is right again, too."""
        wrong = ""
        if self.field.text().strip() or not self._may_lack:
            try:
                read(self.option, self.field.text(), self.names)
            except BlockStudioError as error:
                wrong = message(error)
        self._wrong(wrong)

    def _wrong(self, text: str) -> None:
        set_state(self.field, "error" if text else "")
        self.complain(text)

    def _reset(self) -> None:
        self.field.revert()
        self._wrong("")
        self.committed.emit(self.option.when_unset)

    def _tip(self) -> str:
        option = self.option
        default = "" if option.required else tr("Default: {value}").format(value=shown(option.when_unset) or "''")
        needs = tr("Needs a value") if option.required else default
        doc = f"<p>{escape(tr(option.doc))}</p>" if option.doc else ""
        names = tr("Hyper-parameters: {names}").format(names=escape(", ".join(self.names))) if self.names else ""
        if option.type == "str" and self.names:
            names += f"<br>{tr('Text that starts with = is an expression.')}"
        head = f"<b>{escape(option.name)}</b> <span>{type_words(option)}</span>"
        return f"<p>{head}<br>{escape(needs)}</p>{doc}<p>{names}</p>"


def in_order(rows: Iterable[OptionRow]) -> None:
    """Let Tab go from value to value, and through the buttons after the last."""
    rows = list(rows)
    values = [widget for row in rows for widget in (row.field, row.typed) if widget is not None]
    buttons = [button for row in rows for button in (row.switch, row.expose, row.reset) if button is not None]
    for before, after in pairwise([*values, *buttons]):
        QWidget.setTabOrder(before, after)


def _same(one: OptionValue, other: OptionValue) -> bool:
    return one == other and type(one) is type(other)
