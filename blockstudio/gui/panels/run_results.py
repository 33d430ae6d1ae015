"""What a run gave: tables of tensors with their statistics. The panel of values shows the selected one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from attrs import frozen
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from blockstudio.engine.protocol import Activation, OutputResult, RunResult, Statistics, TensorShape
from blockstudio.errors import mark
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import Definition
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import role_color
from blockstudio.gui.panels.quantities import bytes_text, count_text, seconds_text, shape_text, value_text
from blockstudio.gui.session import Session, TensorRef
from blockstudio.gui.theme import theme

Index = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
SORT_ROLE = Qt.ItemDataRole.UserRole

COLUMNS = (
    (mark("Name"), mark("Where the tensor flowed")),
    (mark("Shape"), mark("Sizes of the tensor")),
    (mark("Mean"), mark("Mean of the finite values")),
    (mark("Std"), mark("Standard deviation of the finite values")),
    (mark("Min"), mark("Smallest finite value")),
    (mark("Max"), mark("Largest finite value")),
    (mark("NaN, Inf"), mark("How many values are not a number, or infinite")),
    (mark("Gradient"), mark("Standard deviation of the gradient by it, after a backward pass")),
)
NAME, SHAPE, MEAN, STD, LOW, HIGH, BAD, GRADIENT = range(8)


@frozen
class Result:
    """A line: a tensor that flowed in the run. `ref` is what `ShowTensor` calls it, None where it cannot be had."""

    name: str
    value: TensorShape
    statistics: Statistics | None
    path: str = ""
    ref: TensorRef | None = None
    gradient: Statistics | None = None

    @property
    def bad(self) -> int:
        return self.statistics.nan + self.statistics.inf if self.statistics else 0


class ResultModel(QAbstractTableModel):
    """Results for a table view; lines with NaN or infinities stand out."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.results: tuple[Result, ...] = ()

    def show(self, results: Sequence[Result]) -> None:
        self.beginResetModel()
        self.results = tuple(results)
        self.endResetModel()

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else len(self.results)

    def columnCount(self, parent: Index = _NONE) -> int:
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section][0])
        return tr(COLUMNS[section][1]) if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        result, column = self.results[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(result, column)
        if role == SORT_ROLE:
            return self._key(result, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column >= MEAN else None
        if role == Qt.ItemDataRole.ForegroundRole and column == BAD and result.bad:
            return role_color("error")
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{result.path or result.name}\n{value_of(result.value)}"
        return None

    def _text(self, result: Result, column: int) -> str:
        s = result.statistics
        if column == NAME:
            return result.name
        if column == SHAPE:
            return result.value.text or shape_text(result.value.shape)
        if column == GRADIENT:
            return value_text(result.gradient.std) if result.gradient else ""
        if s is None:
            return ""
        if column == BAD:
            return count_text(result.bad)
        return value_text({MEAN: s.mean, STD: s.std, LOW: s.min, HIGH: s.max}[column])

    def _key(self, result: Result, column: int) -> Any:
        s = result.statistics
        if column in (NAME, SHAPE):
            return self._text(result, column)
        if column == BAD:
            return result.bad
        if column == GRADIENT:
            s, column = result.gradient, STD
        value = {MEAN: s.mean, STD: s.std, LOW: s.min, HIGH: s.max}[column] if s else None
        return float("-inf") if value is None else value


def value_of(value: TensorShape) -> str:
    """Shape, type and device of what flowed, in one line."""
    return " · ".join(part for part in (value.text or shape_text(value.shape), value.dtype, value.device) if part)


class ResultTable(QTableView):
    """A table of results. Selecting a line looks at its tensor; double-clicking goes to its node."""

    chosen = Signal(object)
    """The `Result` that is selected now, or None."""

    def __init__(self, session: Session, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setAccessibleName(name)
        self.results = ResultModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSortRole(SORT_ROLE)
        self._sorted.setSourceModel(self.results)
        self.setModel(self._sorted)
        self.setSortingEnabled(True)
        header = self.horizontalHeader()
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 10)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.selectionModel().currentRowChanged.connect(self._row_chosen)
        self.doubleClicked.connect(self._row_opened)

    def show_results(self, results: Sequence[Result]) -> None:
        """Show these lines."""
        self.results.show(results)
        self.resizeColumnsToContents()
        self.setColumnWidth(NAME, min(self.columnWidth(NAME), 180))
        self.setColumnHidden(GRADIENT, not any(result.gradient for result in results))

    def choose_first(self) -> None:
        """Select the first line, unless the user looks at a parameter, a gradient or a file."""
        looked_at = self._session.tensor
        if self.results.results and (looked_at is None or looked_at.source == "activation"):
            self.selectRow(0)

    def result(self, index: Index) -> Result | None:
        """The result at a place in the view."""
        source = self._sorted.mapToSource(index)
        return self.results.results[source.row()] if source.isValid() else None

    def _row_chosen(self, current: QModelIndex, previous: QModelIndex) -> None:
        result = self.result(current)
        if result is not None and result.ref is not None:
            self._session.show_tensor(result.ref)
        self.chosen.emit(result)

    def _row_opened(self, index: QModelIndex) -> None:
        result = self.result(index)
        if result is not None and result.path:
            with self._session.guard():
                self._session.show_path(result.path)


def outputs_of(document: Document, result: RunResult) -> list[Result]:
    """Lines for the outputs of the root block, each with the node output that gave it."""
    root = document.definitions.get(document.root)
    edges = root.graph.edges if isinstance(root, Definition) else {}
    location = Location(document.root)
    lines = []
    for output in result.outputs:
        source = next((edges[end] for end in edges if end.node == "" and end.port == output.name), None)
        path = location.path(source.node) if source else ""
        ref = TensorRef(f"{path}|{source.port}", "activation") if source and output.statistics else None
        lines.append(_line(output, path, ref))
    return lines


def gradients_of(document: Document, result: RunResult) -> list[Result]:
    """Lines for the gradients of the inputs."""
    path = Location(document.root).path()
    return [_line(row, "", TensorRef(f"{path}|{row.name}", "gradient")) for row in result.input_gradients]


def activations_of(document: Document, result: RunResult) -> list[Result]:
    """Lines for everything that flowed between nodes."""
    ports = Counter(row.path for row in result.activations)
    return [_activation(row, document.root, ports[row.path] > 1) for row in result.activations]


def _line(output: OutputResult, path: str, ref: TensorRef | None) -> Result:
    return Result(output.name, output.value, output.statistics, path, ref)


def _activation(row: Activation, root: str, several: bool) -> Result:
    definition, _, node = row.path.partition("/")
    name = row.path if definition != root else node
    if several or not node:
        name = f"{name}.{row.port}" if name else row.port
    ref = TensorRef(f"{row.path}|{row.port}", "activation") if row.statistics else None
    return Result(name, row.value, row.statistics, row.path, ref, gradient=row.gradient)


def summary_text(result: RunResult) -> str:
    """Time, memory, device and mode of a run, in rich text."""
    parts = [tr("forward {time}").format(time=f"<b>{seconds_text(result.forward_seconds)}</b>")]
    if result.backward_seconds is not None:
        parts.append(tr("backward {time}").format(time=f"<b>{seconds_text(result.backward_seconds)}</b>"))
    parts.append(tr("memory {amount}").format(amount=f"<b>{bytes_text(result.peak_bytes)}</b>"))
    parts.append(result.device)
    parts.append(tr("training") if result.training else tr("evaluation"))
    bad = sum(row.statistics.nan + row.statistics.inf for row in result.activations if row.statistics)
    if bad:
        text = tr("{count} values are NaN or infinite").format(count=count_text(bad))
        parts.append(f"<span style='color:{theme().error}'>{text}</span>")
    return " · ".join(parts)
