"""The initialisation rules of the shown block, in the order they apply, and the functions of the user's own."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from blockstudio.errors import EditError, mark
from blockstudio.graph.definition_commands import set_initializers
from blockstudio.graph.edits import ChangeDocument
from blockstudio.graph.expressions import is_identifier
from blockstudio.graph.model import Definition, Initializer
from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.parts import muted_label, tell, tool_button
from blockstudio.gui.panels.rules import action_text, scope_text
from blockstudio.gui.session import Session

FUNCTION = '''def {name}(tensor, low=-1.0, high=1.0):
    """Fill the tensor in place; it runs without gradients."""
    tensor.uniform_(low, high)
'''
"""What a new function starts from."""


class _Roomy(QStyledItemDelegate):
    """Lines of Chinese are a fraction of a pixel higher than Qt asks for, and it leaves out what does not fit."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return super().sizeHint(option, index) + QSize(0, 4)


class RuleList(QWidget):
    """Reorder, edit and delete rules; what they did to the values stays until the model is initialised again."""

    edit_asked = Signal(int)
    """Put this rule into the form."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.setItemDelegate(_Roomy(self.list))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setAccessibleName(tr("Rules"))
        self.list.setSizeAdjustPolicy(QAbstractItemView.SizeAdjustPolicy.AdjustToContents)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemDoubleClicked.connect(lambda: self._edit())
        self.list.currentRowChanged.connect(lambda: self._enable())
        self.note = muted_label()
        self.up = tool_button("mdi6.arrow-up", tr("Apply this rule earlier"), lambda: self._move(-1))
        self.down = tool_button("mdi6.arrow-down", tr("Apply this rule later"), lambda: self._move(1))
        self.edit = tool_button("mdi6.pencil-outline", tr("Edit this rule"), self._edit)
        self.delete = tool_button("mdi6.trash-can-outline", tr("Delete this rule"), self._delete)
        buttons = QHBoxLayout()
        buttons.setSpacing(2)
        for button in (self.edit, self.up, self.down, self.delete):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.note)
        column.addWidget(self.list)
        column.addLayout(buttons)
        session.document_changed.connect(self.refresh)
        session.document_replaced.connect(self.refresh)
        session.location_changed.connect(self.refresh)
        self._shown: list[Initializer] | None = None
        self.refresh()

    @property
    def rules(self) -> list[Initializer]:
        """The rules of the shown block."""
        session = self._session
        definition = session.document.definitions.get(session.location.definition)
        return definition.initializers if isinstance(definition, Definition) else []

    def refresh(self) -> None:
        """Show the rules as the document has them."""
        rules = list(self.rules)
        elsewhere = self._elsewhere()
        name = self._session.location.definition
        note = "" if rules else tr("{name} has no rules: its layers start as PyTorch fills them.").format(name=name)
        tell(self.note, " ".join(part for part in (note, elsewhere) if part))
        if rules == self._shown:
            return
        self._shown = rules
        row = self.list.currentRow()
        self.list.clear()
        for number, rule in enumerate(rules, 1):
            item = QListWidgetItem(f"{number}. {scope_text(rule)}\n     {action_text(rule)}")
            item.setToolTip(tr("Applied in this order when the block is built. Double-click to edit."))
            self.list.addItem(item)
        self.list.setCurrentRow(min(row, len(rules) - 1))
        self.list.setVisible(bool(rules))
        height = sum(self.list.sizeHintForRow(number) for number in range(len(rules)))
        self.list.setFixedHeight(min(max(height + 6, 30), 260))
        self._enable()

    def _elsewhere(self) -> str:
        document = self._session.document
        root = document.definitions.get(document.root)
        if self._session.location.definition == document.root or not isinstance(root, Definition):
            return ""
        if not root.initializers:
            return ""
        return tr("The rules of {root} apply after these.").format(root=document.root)

    def _enable(self) -> None:
        row, count = self.list.currentRow(), self.list.count()
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < count - 1)
        self.edit.setEnabled(self._may_edit)
        self.delete.setEnabled(0 <= row < count)

    @property
    def _may_edit(self) -> bool:
        """What is trained, and what is the same as another, is no starting value."""
        row, rules = self.list.currentRow(), self.rules
        return 0 <= row < len(rules) and not rules[row].same_as and rules[row].trainable is None

    def _edit(self) -> None:
        if self._may_edit:
            self.edit_asked.emit(self.list.currentRow())

    def _move(self, step: int) -> None:
        rules, row = list(self.rules), self.list.currentRow()
        rules.insert(row + step, rules.pop(row))
        self._set(rules, tr("Reorder the rules"))
        self.list.setCurrentRow(row + step)

    def _delete(self) -> None:
        rules, row = list(self.rules), self.list.currentRow()
        if 0 <= row < len(rules):
            del rules[row]
            self._set(rules, tr("Delete a rule"))

    def _set(self, rules: list[Initializer], text: str) -> None:
        session = self._session
        with session.guard():
            session.push(set_initializers(session.document, session.location.definition, rules), text)


class FunctionList(QWidget):
    """The initialiser functions of the user's own: new, open in the editor, delete."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Your functions"))
        self.list.itemDoubleClicked.connect(lambda: self._open())
        self.list.currentRowChanged.connect(lambda: self._enable())
        self.note = muted_label(tr("A function gets the tensor and fills it in place."))
        self.new = tool_button("mdi6.plus", tr("Write a new function"), lambda: self._new(), tr("New…"))
        self.edit = tool_button("mdi6.pencil-outline", tr("Edit this function"), self._open)
        self.delete = tool_button("mdi6.trash-can-outline", tr("Delete this function"), self._delete)
        buttons = QHBoxLayout()
        buttons.setSpacing(2)
        for button in (self.new, self.edit, self.delete):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.note)
        column.addWidget(self.list)
        column.addLayout(buttons)
        session.document_changed.connect(self.refresh)
        session.document_replaced.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        names = list(self._session.document.functions)
        if names != [self.list.item(row).text() for row in range(self.list.count())]:
            self.list.clear()
            self.list.addItems(names)
            self.list.setFixedHeight(min(max(1, len(names)), 6) * (self.fontMetrics().height() + 10) + 4)
        self.list.setVisible(bool(names))
        self.note.setVisible(not names)
        self._enable()

    def add(self, name: str) -> None:
        """Add a function to start from, and open the editor on it. EditError for a name that cannot be."""
        session = self._session
        taken = {*session.document.functions, *session.document.definitions, "torch", "nn", "F", "math"}
        if not is_identifier(name) or name in taken:
            raise EditError(mark("“{name}” cannot name a function here."), name=name)
        source = FUNCTION.format(name=name)
        session.trust(source)
        functions = {**session.document.functions, name: source}
        session.push(ChangeDocument({"functions": functions}), tr("New function {name}").format(name=name))
        session.code_requested.emit(name)

    def _enable(self) -> None:
        for button in (self.edit, self.delete):
            button.setEnabled(self.list.currentRow() >= 0)

    def _new(self) -> None:
        name, agreed = QInputDialog.getText(self, tr("New function"), tr("Name of the function:"), text="my_init")
        if agreed and name.strip():
            with self._session.guard():
                self.add(name.strip())

    def _open(self) -> None:
        if self.list.currentRow() >= 0:
            self._session.code_requested.emit(self.list.currentItem().text())

    def _delete(self) -> None:
        if self.list.currentRow() < 0:
            return
        session, name = self._session, self.list.currentItem().text()
        with session.guard():
            self._refuse_in_use(name)
            functions = {other: code for other, code in session.document.functions.items() if other != name}
            session.push(ChangeDocument({"functions": functions}), tr("Delete {name}").format(name=name))

    def _refuse_in_use(self, name: str) -> None:
        for definition in self._session.document.definitions.values():
            if isinstance(definition, Definition) and any(rule.function == name for rule in definition.initializers):
                raise EditError(mark("“{name}” is still used by a rule of {block}."), name=name, block=definition.name)
