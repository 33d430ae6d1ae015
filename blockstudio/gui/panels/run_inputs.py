"""What the model is run on: a row of fields for each input of the root block, kept in the document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import evolve
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from blockstudio import resources
from blockstudio.engine.protocol import OpenTensors, TensorFile
from blockstudio.errors import mark
from blockstudio.graph.document import Location
from blockstudio.graph.edits import SetPorts
from blockstudio.graph.expressions import DTYPES
from blockstudio.graph.model import Definition, Example, Port
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.markup import plain_label
from blockstudio.gui.panels.asking import Question
from blockstudio.gui.panels.option_editors import Choice
from blockstudio.gui.panels.parts import Number, muted_label, tool_button
from blockstudio.gui.session import Session
from blockstudio.gui.theme import fixed_font

GENERATORS = (
    ("rand", mark("uniform 0 to 1"), "torch.rand"),
    ("randn", mark("normal"), "torch.randn"),
    ("zeros", mark("zeros"), "torch.zeros"),
    ("ones", mark("ones"), "torch.ones"),
    ("arange", mark("0, 1, 2, …"), "torch.arange"),
    ("integers", mark("random integers"), "torch.randint"),
    ("file", mark("from a file"), "torch.load"),
)
LARGEST = 2**31 - 1


def parse_shape(text: str) -> tuple[int, ...] | None:
    """The sizes in "2, 20", "(2, 20)" or "2x20"; empty is a scalar; None where it is no shape."""
    plain = text.strip().removeprefix("(").removesuffix(")").replace("×", ",").replace("x", ",")
    parts = [part.strip() for part in plain.rstrip(", ").split(",")] if plain.strip() else []
    if not all(part.isdecimal() and part.isascii() and int(part) <= LARGEST for part in parts):
        return None
    return tuple(map(int, parts))


def whole_path(session: Session, file: str) -> str:
    """A file that is named as it stands beside the project, or among the examples that come with the program."""
    project = session.path
    folders = [*([project.parent] if project else []), resources.path("examples")]
    return str(next((folder / file for folder in folders if (folder / file).is_file()), file))


class InputRow(QWidget):
    """Shape, type and origin of one input."""

    changed = Signal(object)
    """The new `Example`."""

    def __init__(self, session: Session, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._example = port.example or Example()
        self._keys = Question(session, self._take_keys, lambda failure: None, self)
        self.name = plain_label(port.name)
        self.name.setProperty("heading", True)
        self.generator = Choice()
        for generator, text, function in GENERATORS:
            self.generator.addItem(tr(text), generator)
            self.generator.setItemData(self.generator.count() - 1, function, Qt.ItemDataRole.ToolTipRole)
        self.generator.setToolTip(tr("Where the values come from"))
        self.shape = QLineEdit()
        self.shape.setFont(fixed_font())
        self.shape.setPlaceholderText(tr("scalar"))
        self.shape.setToolTip(tr("Sizes, separated by commas: 2, 20"))
        wrong = icon("mdi6.alert-circle-outline", "error")
        self._wrong_shape = self.shape.addAction(wrong, QLineEdit.ActionPosition.TrailingPosition)
        self._wrong_shape.setVisible(False)
        self.dtype = Choice()
        self.dtype.addItems(list(DTYPES))
        self.dtype.setToolTip(tr("Type of the elements"))
        self.low = Number(-LARGEST, LARGEST, tr("Smallest integer"))
        self.high = Number(-LARGEST, LARGEST, tr("One more than the largest integer"))
        self.file = QLineEdit()
        self.file.setToolTip(tr("A file of tensors: .pt, .pth, .params or .safetensors"))
        self.file.setPlaceholderText(tr("file of tensors"))
        self.key = Choice()
        self.key.setEditable(True)
        self.key.setToolTip(tr("Which tensor of the file, where it holds several"))
        self._browse = tool_button("mdi6.folder-open-outline", tr("Choose a file"), self._choose_file)
        for widget, what in (
            (self.generator, tr("Origin of {name}")),
            (self.shape, tr("Shape of {name}")),
            (self.dtype, tr("Type of {name}")),
        ):
            widget.setAccessibleName(what.format(name=port.name))
        self._lay_out()
        self.show_example(self._example)
        self.generator.activated.connect(lambda: self._generator_chosen())
        self.dtype.activated.connect(lambda: self._commit(dtype=self.dtype.currentText()))
        self.shape.editingFinished.connect(self._shape_entered)
        self.low.valueChanged.connect(lambda value: self._commit(low=value))
        self.high.valueChanged.connect(lambda value: self._commit(high=value))
        self.file.editingFinished.connect(lambda: self._commit(file=self.file.text().strip()))
        self.key.activated.connect(lambda: self._commit(key=self.key.currentText()))
        line = self.key.lineEdit()
        if line is not None:
            line.editingFinished.connect(lambda: self._commit(key=self.key.currentText()))

    def _lay_out(self) -> None:
        self._range, self._of_file = QWidget(), QWidget()
        numbers = QHBoxLayout(self._range)
        numbers.addWidget(QLabel(tr("from")))
        numbers.addWidget(self.low, 1)
        numbers.addWidget(QLabel(tr("to")))
        numbers.addWidget(self.high, 1)
        files = QHBoxLayout(self._of_file)
        files.addWidget(self.file, 2)
        files.addWidget(self._browse)
        files.addWidget(self.key, 1)
        for inner in (numbers, files):
            inner.setContentsMargins(0, 0, 0, 0)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.name)
        first.addWidget(self.shape, 1)  # all the room that a short name leaves: shapes are long
        second.addWidget(self.generator, 1)
        second.addWidget(self.dtype, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(4)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self._range)
        column.addWidget(self._of_file)

    @property
    def example(self) -> Example:
        return self._example

    def show_example(self, example: Example) -> None:
        """Show what the document says now."""
        self._example = example
        self.generator.setCurrentIndex(max(0, self.generator.findData(example.generator)))
        if parse_shape(self.shape.text()) != example.shape or not self.shape.text():
            self.shape.setText(", ".join(map(str, example.shape)))
            self.shape.setCursorPosition(0)  # where it does not fit, the end is out of view
        self._mark_shape(True)
        self.dtype.setCurrentText(example.dtype)
        for spin, value in ((self.low, example.low), (self.high, example.high)):
            spin.blockSignals(True)
            spin.setValue(value)
            spin.blockSignals(False)
        self.file.setText(example.file)
        self.key.setCurrentText(example.key)
        from_file = example.generator == "file"
        self._range.setVisible(example.generator == "integers")
        self._of_file.setVisible(from_file)
        self.shape.setEnabled(not from_file)
        self.dtype.setEnabled(not from_file)
        if from_file and example.file:
            self._keys.ask(OpenTensors(whole_path(self._session, example.file)))

    def _commit(self, **changes: Any) -> None:
        example = evolve(self._example, **changes)
        if example != self._example:
            self.changed.emit(example)

    def _generator_chosen(self) -> None:
        generator = self.generator.currentData()
        dtype = self._example.dtype
        if generator == "integers" and not dtype.startswith(("int", "uint")):
            dtype = "int64"
        elif generator in ("rand", "randn") and not dtype.startswith(("float", "bfloat", "complex")):
            dtype = "float32"
        self._commit(generator=generator, dtype=dtype)

    def _shape_entered(self) -> None:
        shape = parse_shape(self.shape.text())
        self._mark_shape(shape is not None)
        if shape is not None:
            self._commit(shape=shape)

    def _mark_shape(self, good: bool) -> None:
        self.shape.setProperty("state", "" if good else "error")
        self._wrong_shape.setVisible(not good)
        # In a narrow panel the end of a shape is out of view, and what is left looks like another shape.
        self.shape.setToolTip(
            f"{self.shape.text()}\n{tr('Sizes, separated by commas: 2, 20')}".strip()
            if good
            else tr("Not a shape. Write sizes such as 2, 20.")
        )
        self.shape.style().unpolish(self.shape)
        self.shape.style().polish(self.shape)

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr("Choose a file of tensors"), self._example.file)
        project = self._session.path
        if name and project and Path(name).is_relative_to(project.parent):
            name = str(Path(name).relative_to(project.parent))  # so that both can be moved together
        if name:
            self._commit(file=name, key="")

    def _take_keys(self, file: TensorFile) -> None:
        current = self.key.currentText()
        self.key.clear()
        self.key.addItems([entry.key for entry in file.entries])
        self.key.setCurrentText(current)
        self.key.setVisible(file.container != "tensor")


class InputsForm(QWidget):
    """A row for each input of the root block. Changes are undoable edits of the document."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.rows: dict[str, InputRow] = {}
        self._shown: list[Port] | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._empty = muted_label(tr("The root block has no inputs: it runs without any."))
        self._column.addWidget(self._empty)
        session.document_changed.connect(self._refresh)
        session.document_replaced.connect(self._refresh)
        self._refresh()

    def examples(self) -> dict[str, Example]:
        """What to run on, by input."""
        return {port.name: port.example or Example() for port in self._ports()}

    def _ports(self) -> list[Port]:
        document = self._session.document
        root = document.definitions.get(document.root)
        return list(root.graph.inputs) if isinstance(root, Definition) else []

    def _refresh(self) -> None:
        ports = self._ports()
        if ports == self._shown:
            return
        self._shown = ports
        if [port.name for port in ports] != list(self.rows):
            self._make_rows(ports)
        else:
            for port in ports:
                self.rows[port.name].show_example(port.example or Example())

    def _make_rows(self, ports: list[Port]) -> None:
        for row in self.rows.values():
            row.hide()
            row.deleteLater()
        self.rows = {}
        for port in ports:
            row = self.rows[port.name] = InputRow(self._session, port)
            row.changed.connect(lambda example, name=port.name: self._set_example(name, example))
            self._column.addWidget(row)
        self._empty.setVisible(not ports)

    def _set_example(self, name: str, example: Example) -> None:
        root = Location(self._session.document.root)
        ports = tuple(evolve(port, example=example) if port.name == name else port for port in self._ports())
        with self._session.guard():
            self._session.push(SetPorts(root, "inputs", ports), tr("Change the input {name}").format(name=name))
