"""The editor of Python of the user's own: blocks written as a class, and initialiser functions."""

from __future__ import annotations

import ast

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from blockstudio.catalog.custom_code import CodeSignature, read_code
from blockstudio.errors import BlockStudioError
from blockstudio.graph.definition_commands import rename_definition
from blockstudio.graph.edits import ChangeDefinition, ChangeDocument
from blockstudio.graph.model import CodeDefinition
from blockstudio.gui import own_blocks
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.icons import icon
from blockstudio.gui.markup import plain_label
from blockstudio.gui.panels.code_view import CodeView
from blockstudio.gui.panels.form import set_state
from blockstudio.gui.panels.option_text import shown
from blockstudio.gui.session import Session

PAUSE = 250
"""Milliseconds after the last key until the text is looked at."""


class CodeEditorPanel(QWidget):
    """One piece of code at a time; what was typed is kept until it is applied or taken back."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._name = ""
        self._drafts: dict[str, str] = {}
        self._loading = False
        self._build()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._look)
        session.code_requested.connect(self.open)
        session.document_changed.connect(self._document_changed)
        session.document_replaced.connect(self._replaced)
        session.diagnostics_changed.connect(self._look)
        session.trust_changed.connect(self._look)
        self._fill()

    def _build(self) -> None:
        self.chooser = QComboBox()
        self.chooser.setToolTip(tr("Which piece of code to edit"))
        self.chooser.setAccessibleName(tr("Which piece of code to edit"))
        self.chooser.setMinimumContentsLength(14)
        self.chooser.activated.connect(lambda index: self.open(self.chooser.itemData(index)))
        self.ports = plain_label()
        self.ports.setProperty("muted", True)
        self.ports.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.apply_button = QPushButton(icon("mdi6.check"), tr("Apply"))
        self.apply_button.setToolTip(tr("Use this code in the model (Ctrl+Return)"))
        self.apply_button.clicked.connect(self.apply)
        self.revert_button = QPushButton(icon("mdi6.undo-variant"), tr("Revert"))
        self.revert_button.setToolTip(tr("Throw away what was typed since it was applied"))
        self.revert_button.clicked.connect(self.revert)
        self.view = CodeView()
        self.view.setAccessibleName(tr("Python code"))
        self.view.textChanged.connect(self._typed)
        shortcut = QShortcut(QKeySequence("Ctrl+Return"), self.view, self.apply)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.state = plain_label()
        self.state.setWordWrap(True)
        self.state.setContentsMargins(10, 4, 10, 5)
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(6)
        row.addWidget(self.chooser)
        row.addWidget(self.ports, 1)
        row.addWidget(self.revert_button)
        row.addWidget(self.apply_button)
        editing = QWidget()
        column = QVBoxLayout(editing)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        column.addWidget(self.state)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._empty_page())
        self._pages.addWidget(editing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._pages)

    def _empty_page(self) -> QWidget:
        page = QFrame()
        text = QLabel(
            tr("This project has no Python of its own. A code block is an nn.Module that you write yourself.")
        )
        text.setProperty("muted", True)
        text.setWordWrap(True)
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        button = QPushButton(icon("mdi6.language-python"), tr("New code block"))
        button.setToolTip(tr("Write a block as a Python class"))
        button.clicked.connect(self._new)
        column = QVBoxLayout(page)
        column.addStretch(1)
        column.addWidget(text)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        return page

    # --- which code -----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The block or function that is shown, "" for none."""
        return self._name

    def open(self, name: str) -> None:
        """Edit this block or function."""
        if name in self._session.document.code():
            self._show(name)
            self.view.setFocus()

    def _show(self, name: str) -> None:
        self._keep_draft()
        self._name = name
        self._fill()

    def _source(self) -> str:
        return self._session.document.code().get(self._name, "")

    def _fill(self) -> None:
        code = self._session.document.code()
        if self._name not in code:
            self._name = next(iter(code), "")
        self._pages.setCurrentIndex(1 if code else 0)
        self.chooser.clear()
        for name in code:
            is_block = name in self._session.document.definitions
            self.chooser.addItem(icon("mdi6.language-python" if is_block else "mdi6.function"), name, name)
        self.chooser.setCurrentIndex(self.chooser.findData(self._name))
        text = self._drafts.get(self._name, self._source())
        if self.view.toPlainText() != text:
            self._loading = True
            self.view.set_code(text)
            self._loading = False
        self._look()

    def _keep_draft(self) -> None:
        if not self._name:
            return
        if self.view.toPlainText() != self._source():
            self._drafts[self._name] = self.view.toPlainText()
        else:
            self._drafts.pop(self._name, None)

    def _document_changed(self) -> None:
        shown = self.view.toPlainText()
        if self._name not in self._session.document.code() or self._name not in self._drafts:
            self._fill()
        elif shown == self._source():
            self._drafts.pop(self._name, None)
            self._look()
        elif self.chooser.count() != len(self._session.document.code()):
            self._fill()

    def _replaced(self) -> None:
        self._drafts.clear()
        self._name = ""
        self._fill()

    def _new(self) -> None:
        session = self._session
        name = own_blocks.ask_name(self, tr("New code block"), own_blocks.free_name(session.document, "MyLayer"))
        if name:
            with session.guard():
                own_blocks.add_code(session, name)

    # --- what was typed ---------------------------------------------------------------------------

    def _typed(self) -> None:
        if not self._loading:
            self._keep_draft()
            self._show_buttons()
            self._pause.start()

    def _show_buttons(self) -> None:
        changed = self._name in self._drafts
        self.apply_button.setEnabled(changed)
        self.revert_button.setEnabled(changed)

    def _look(self, _: object = None) -> None:
        """Read the code, without running it, and say what it is or what is wrong with it."""
        self._show_buttons()
        if not self._name:
            return
        text = self.view.toPlainText()
        line: int | None = None
        try:
            self.ports.setText(self._about(text))
            wrong = ""
        except BlockStudioError as error:
            self.ports.setText("")
            wrong = message(error)
            found = error.facts.get("line")
            line = found if isinstance(found, int) else None
        if not wrong and self._name not in self._drafts:
            wrong, line = self._found_by_running()
        self.view.mark_wrong(line)
        set_state(self.state, "error" if wrong else "")
        if not wrong and not self._session.trusted:
            self.state.setText(tr("It is not run until you agree to run the code of this project."))
            self.state.show()
            return
        self.state.setText(wrong)
        self.state.setVisible(bool(wrong))

    def _about(self, text: str) -> str:
        if self._name in self._session.document.definitions:
            return signature_text(read_code(text))
        tree = read_function(text)
        return f"{tree.name}({', '.join(argument.arg for argument in tree.args.args)})"

    def _found_by_running(self) -> tuple[str, int | None]:
        for problem in self._session.diagnostics:
            if problem.path == self._name and problem.severity == "error":
                line = problem.facts.get("line")
                return message(problem), line if isinstance(line, int) else None
        return "", None

    def apply(self) -> None:
        """Put what was typed into the document. It is the user's own: it may run."""
        self._keep_draft()
        text = self._drafts.pop(self._name, None)
        if text is None:
            return
        session, name = self._session, self._name
        session.trust(text)
        with session.guard():
            self._push(name, text)
        self._fill()

    def apply_all(self) -> None:
        """Put everything that was typed into the document: it is about to be saved."""
        self._keep_draft()
        shown = self._name
        for name in list(self._drafts):
            self._show(name)
            self.apply()
            shown = self._name if name == shown else shown
        if shown in self._session.document.code():
            self._show(shown)

    def _push(self, name: str, text: str) -> None:
        session = self._session
        words = tr("Edit the code of {name}").format(name=name)
        if not isinstance(session.document.definitions.get(name), CodeDefinition):
            session.push(ChangeDocument({"functions": {**session.document.functions, name: text}}), words)
            return
        new = _class_name(text) or name
        with session.macro(words):
            session.push(ChangeDefinition(name, {"source": text}), words)
            if new != name:
                self._name = new
                session.push(rename_definition(session.document, name, new), words)

    def revert(self) -> None:
        """Show again what the document holds."""
        self._drafts.pop(self._name, None)
        self._fill()


def signature_text(signature: CodeSignature) -> str:
    """What a block takes and gives, in one line."""
    arguments = ", ".join(
        option.name if option.required else f"{option.name}={shown(option.when_unset)}"
        for option in signature.hyper_parameters
    )
    inputs = ", ".join(port.name for port in signature.inputs)
    outputs = ", ".join(port.name for port in signature.outputs)
    return f"{signature.class_name}({arguments}):  {inputs} → {outputs}"


def read_function(source: str) -> ast.FunctionDef:
    """The first function that a source defines; CodeError, with a line, when there is none."""
    from blockstudio.errors import CodeError, mark

    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise CodeError(mark("Line {line}: {reason}"), line=error.lineno or 1, reason=error.msg) from None
    except (ValueError, RecursionError, MemoryError):
        raise CodeError(mark("The code cannot be read as Python."), line=1) from None
    for part in tree.body:
        if isinstance(part, ast.FunctionDef):
            return part
    raise CodeError(mark("The code defines no function."), line=1)


def _class_name(source: str) -> str:
    try:
        return read_code(source).class_name
    except BlockStudioError:
        return ""
