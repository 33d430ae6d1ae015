"""Dialogs about files of tensors: what loading would do, what a file holds, how to save several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from blockstudio.engine.protocol import KeyReport, LoadReport, TensorFile
from blockstudio.errors import mark
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.markup import plain_label
from blockstudio.gui.panels.parts import muted_label, state_label, tell
from blockstudio.gui.panels.quantities import bytes_text, shape_text
from blockstudio.gui.panels.tensor_view import TensorPanel
from blockstudio.gui.session import Session, TensorRef

PROBLEMS = {
    "missing": (mark("missing in the file"), "mdi6.file-question-outline", "error"),
    "unexpected": (mark("not in the model"), "mdi6.help-circle-outline", "warning"),
    "shape": (mark("another shape"), "mdi6.close-circle", "error"),
    "kind": (mark("another kind of numbers"), "mdi6.close-circle", "error"),
    "dtype": (mark("another type: is converted"), "mdi6.swap-horizontal", "warning"),
    "nan": (mark("contains NaN"), "mdi6.alert", "warning"),
}
BLOCKING = ("missing", "unexpected", "shape", "kind")
"""Problems for which only the matching part can be loaded."""

CONTAINERS = (
    ("tensor", mark("one tensor"), "torch.save(tensor, file)"),
    ("list", mark("a list of tensors"), "torch.save([a, b], file)"),
    ("dict", mark("tensors by name"), "torch.save({'a': a, 'b': b}, file)"),
)


def _table(name: str, headers: Sequence[str]) -> QTableWidget:
    table = QTableWidget(0, len(headers))
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels(list(headers))
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return table


def _fill_row(table: QTableWidget, texts: Sequence[str]) -> int:
    row = table.rowCount()
    table.insertRow(row)
    for column, text in enumerate(texts):
        item = QTableWidgetItem(text)
        item.setToolTip(text)
        table.setItem(row, column, item)
    return row


class LoadReportDialog(QDialog):
    """What loading a file would do, asked before anything is changed."""

    def __init__(self, report: LoadReport, load: Callable[[bool], None], parent: QWidget | None = None) -> None:
        """`load` is called with whether only the matching part is wanted."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Load parameters"))
        self._load = load
        blocked = [key for key in report.keys if key.problem in BLOCKING]
        name = Path(report.file).name
        heading = plain_label(
            tr("“{file}” does not fit the model in every key.").format(file=name)
            if blocked
            else tr("“{file}” fits the model, with remarks.").format(file=name)
        )
        heading.setProperty("heading", True)
        heading.setWordWrap(True)
        self.table = _table(tr("Problems"), (tr("Key"), tr("Problem"), tr("Model"), tr("File")))
        for key in sorted(report.keys, key=lambda key: list(PROBLEMS).index(key.problem)):
            self._add(key)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        if blocked:
            text = tr("Load the {count} that match").format(count=report.matching)
            self.load_button = self.buttons.addButton(text, QDialogButtonBox.ButtonRole.AcceptRole)
            self.load_button.setToolTip(tr("Tensors that are missing or differ in shape keep their values"))
            self.load_button.setEnabled(report.matching > 0)
        else:
            self.load_button = self.buttons.addButton(tr("Load"), QDialogButtonBox.ButtonRole.AcceptRole)
            self.load_button.setToolTip(tr("Replace the values of the model by those of the file"))
        self.load_button.clicked.connect(lambda: self._accept(bool(blocked)))
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(heading)
        column.addWidget(muted_label(counts_text(report)))
        column.addWidget(self.table, 1)
        column.addWidget(self.buttons)
        self.resize(620, 380)

    def _add(self, key: KeyReport) -> None:
        text, glyph, role = PROBLEMS[key.problem]
        row = _fill_row(self.table, (key.key, tr(text), key.expected, key.found))
        item = self.table.item(row, 1)
        if item is not None:
            item.setIcon(icon(glyph, role))

    def _accept(self, matching_only: bool) -> None:
        self.accept()
        self._load(matching_only)


def counts_text(report: LoadReport) -> str:
    """How many keys match, and how many have which problem."""
    parts = [tr("{count} match").format(count=report.matching)]
    for problem, text in (
        ("missing", tr("{count} missing in the file")),
        ("unexpected", tr("{count} not in the model")),
        ("shape", tr("{count} of another shape")),
        ("kind", tr("{count} of another kind of numbers")),
        ("dtype", tr("{count} of another type")),
        ("nan", tr("{count} with NaN")),
    ):
        count = sum(key.problem == problem for key in report.keys)
        if count:
            parts.append(text.format(count=count))
    return " · ".join(parts)


class TensorFileDialog(QDialog):
    """What a file of tensors holds, and the values of the selected one."""

    def __init__(
        self,
        session: Session,
        file: TensorFile,
        load: Callable[[], None],
        save: Callable[[list[str], str], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(Path(file.file).name)
        self._file = file
        self.table = _table(tr("Tensors"), (tr("Key"), tr("Shape"), tr("Type"), tr("Bytes")))
        for entry in file.entries:
            key = entry.key or tr("(the tensor)")
            _fill_row(self.table, (key, shape_text(entry.shape), entry.dtype, bytes_text(entry.bytes)))
        self.panel = TensorPanel(session, follows=False)
        self.panel.save_requested.connect(save)
        self.table.currentCellChanged.connect(lambda row, *_: self._show(row))
        split = QSplitter()
        split.addWidget(self.table)
        split.addWidget(self.panel)
        split.setSizes([320, 420])
        split.setChildrenCollapsible(False)
        total = sum(entry.bytes for entry in file.entries)
        what = {"tensor": tr("one tensor"), "list": tr("a list of tensors"), "dict": tr("tensors by name")}
        facts = muted_label(
            tr("{kind}: {count}, {bytes}").format(
                kind=what[file.container], count=len(file.entries), bytes=bytes_text(total)
            )
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        if file.container == "dict":
            load_button = buttons.addButton(tr("Load into the model…"), QDialogButtonBox.ButtonRole.ActionRole)
            load_button.setToolTip(tr("Compare the keys with the model's, then load what matches"))
            load_button.clicked.connect(lambda: load())
        bottom = QHBoxLayout()
        bottom.addWidget(facts, 1)
        bottom.addWidget(buttons)
        column = QVBoxLayout(self)
        column.addWidget(split, 1)
        column.addLayout(bottom)
        self.resize(860, 520)
        if file.entries:
            self.table.setCurrentCell(0, 0)

    def _show(self, row: int) -> None:
        if 0 <= row < len(self._file.entries):
            self.panel.show_ref(TensorRef(f"{self._file.file}|{self._file.entries[row].key}", "file"))


class SaveTensorsDialog(QDialog):
    """How to save some tensors: alone, as a list, or by names."""

    def __init__(
        self,
        paths: Sequence[str],
        save: Callable[[str, tuple[str, ...]], None],
        parent: QWidget | None = None,
    ) -> None:
        """`save` is called with the container and the names."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Save tensors"))
        self._paths = tuple(paths)
        self._save = save
        self.container = QComboBox()
        for container, text, code in CONTAINERS:
            if container != "tensor" or len(paths) == 1:
                self.container.addItem(tr(text), container)
                self.container.setItemData(self.container.count() - 1, code, Qt.ItemDataRole.ToolTipRole)
        self.container.setToolTip(tr("What plain torch.load gives back"))
        self.container.setCurrentIndex(0 if len(paths) == 1 else self.container.findData("dict"))
        self.container.currentIndexChanged.connect(lambda: self._show_names())
        self.table = _table(tr("Tensors"), (tr("Name in the file"), tr("Tensor")))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.AllEditTriggers)
        for path in paths:
            row = _fill_row(self.table, (path.rpartition("|")[2] or "x", path))
            item = self.table.item(row, 1)
            if item is not None:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
        self.problem = state_label()
        self.table.itemChanged.connect(lambda: tell(self.problem, ""))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        top = QHBoxLayout()
        top.addWidget(QLabel(tr("Save as")))
        top.addWidget(self.container, 1)
        column = QVBoxLayout(self)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addWidget(self.problem)
        column.addWidget(buttons)
        self.resize(460, 300)
        self._show_names()

    def names(self) -> tuple[str, ...]:
        """The names to save under, in order."""
        items = (self.table.item(row, 0) for row in range(self.table.rowCount()))
        return tuple(item.text().strip() if item else "" for item in items)

    def _show_names(self) -> None:
        named = self.container.currentData() == "dict"
        self.table.setColumnHidden(0, not named)
        mode = QHeaderView.ResizeMode.ResizeToContents if named else QHeaderView.ResizeMode.Stretch
        self.table.horizontalHeader().setSectionResizeMode(1, mode)

    def _accept(self) -> None:
        container, names = self.container.currentData(), self.names()
        if container == "dict" and (len(set(names)) < len(names) or "" in names):
            tell(self.problem, tr("Every tensor needs a name of its own."))
            return
        self.accept()
        self._save(container, names if container == "dict" else ())
