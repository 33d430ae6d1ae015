"""The parameters of a model as a tree along its nesting, for Qt's views; free of widgets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont

from blockstudio.engine.protocol import ParameterRow, ParameterTable
from blockstudio.errors import mark
from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.quantities import bytes_text, count_text, shape_text

NAME, SHAPE, COUNT, TRAINABLE, DTYPE, DEVICE, BYTES = range(7)

COLUMNS = (
    (mark("Name"), mark("Name in the model, along its nesting")),
    (mark("Shape"), mark("Sizes of the tensor")),
    (mark("Count"), mark("Number of elements; a block counts each tensor once")),
    (mark("Trainable"), mark("Whether training changes it; buffers are never trained")),
    (mark("Type"), mark("Type of the elements")),
    (mark("Device"), mark("Where the values are kept")),
    (mark("Bytes"), mark("Memory of the values; a block counts each tensor once")),
)

SORT_ROLE = Qt.ItemDataRole.UserRole
PATH_ROLE = Qt.ItemDataRole.UserRole + 1
"""State-dict key of a tensor, or the module path of a block."""

MOST_CHANGES = 50
"""Changed rows told of one by one; proxies take long over each, so more of them are told as a reset."""

Index = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class Entry:
    """A line of the tree: a tensor when `row` is set, else the block or layer that holds it."""

    __slots__ = ("bytes", "children", "count", "name", "owns_parameters", "parent", "path", "place", "row", "trainable")

    def __init__(self, name: str, path: str, parent: Entry | None, row: ParameterRow | None = None) -> None:
        self.name = name
        self.path = path
        self.parent = parent
        self.row = row
        self.children: list[Entry] = []
        self.place = len(parent.children) if parent else 0
        self.count = row.count if row else 0
        self.bytes = row.bytes if row else 0
        self.trainable: bool | None = row.trainable if row else None
        """None for a block where some tensors are trained and some are not."""
        self.owns_parameters = row is not None and row.kind == "parameter"

    def take(self, fresh: Entry) -> bool:
        """Become like another entry of the same path; whether that can be seen."""
        before = self._seen()
        self.row, self.count, self.bytes = fresh.row, fresh.count, fresh.bytes
        self.trainable, self.owns_parameters = fresh.trainable, fresh.owns_parameters
        return before != self._seen()

    def _seen(self) -> tuple[object, ...]:
        row = self.row
        texts = (row.kind, row.shape, row.dtype, row.device, row.shared_with) if row else ()
        return (*texts, self.count, self.bytes, self.trainable, self.owns_parameters)

    @property
    def scope(self) -> tuple[str, str]:
        """The module, and the tensor in it or "", as rules name them."""
        if self.row is None:
            return self.path, ""
        module, _, name = self.path.rpartition(".")
        return module, name

    def tensors(self) -> Iterator[ParameterRow]:
        """Every tensor in this block, in order."""
        if self.row:
            yield self.row
        for child in self.children:
            yield from child.tensors()


def build_tree(table: ParameterTable | None) -> Entry:
    """The tree of a table, with the sums of each block; a tensor met twice in a block counts once in it."""
    root = Entry("", "", None)
    blocks = {"": root}
    for row in table.rows if table else ():
        path, _, name = row.path.rpartition(".")
        block = _block(blocks, path)
        block.children.append(Entry(name, row.path, block, row))
    _sum(root)
    return root


def _block(blocks: dict[str, Entry], path: str) -> Entry:
    if path not in blocks:
        above, _, name = path.rpartition(".")
        parent = _block(blocks, above)
        blocks[path] = Entry(name, path, parent)
        parent.children.append(blocks[path])
    return blocks[path]


def _sum(entry: Entry) -> dict[str, ParameterRow]:
    if entry.row:
        return {entry.row.shared_with or entry.row.path: entry.row}
    tensors: dict[str, ParameterRow] = {}
    for child in entry.children:
        tensors |= _sum(child)
    entry.count = sum(row.count for row in tensors.values())
    entry.bytes = sum(row.bytes for row in tensors.values())
    trained = {row.trainable for row in tensors.values() if row.kind == "parameter"}
    entry.owns_parameters = bool(trained)
    entry.trainable = trained.pop() if len(trained) == 1 else (None if trained else False)
    return tensors


class ParameterTreeModel(QAbstractItemModel):
    """A `ParameterTable` for a tree view. The check box of a row asks for `trainable_asked`."""

    trainable_asked = Signal(object, bool)
    """Paths of the parameters to train, or to leave as they are."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = build_tree(None)
        self._entries: dict[str, Entry] = {}
        self._bold = QFont()
        self._bold.setBold(True)

    def set_table(self, table: ParameterTable | None) -> None:
        """Show another table; rows stay in place, and views keep their state, where the paths are the same."""
        root = build_tree(table)
        entries = {entry.path: entry for entry in _walk(root)}
        if list(entries) == list(self._entries):
            changed = [entry for path, entry in self._entries.items() if entry.take(entries[path])]
            if len(changed) <= MOST_CHANGES:
                for entry in changed:
                    first = self.createIndex(entry.place, 0, entry)
                    self.dataChanged.emit(first, self.createIndex(entry.place, len(COLUMNS) - 1, entry))
                return
        self.beginResetModel()
        self._root, self._entries = root, entries
        self.endResetModel()

    def entry(self, index: Index) -> Entry:
        return index.internalPointer() if index.isValid() else self._root

    def index_of(self, path: str) -> QModelIndex:
        """Where a tensor or block is; an invalid index when it is not there."""
        entry = self._entries.get(path)
        return self.createIndex(entry.place, 0, entry) if entry else QModelIndex()

    # --- what Qt asks -------------------------------------------------------------------------

    def index(self, row: int, column: int, parent: Index = _NONE) -> QModelIndex:
        children = self.entry(parent).children
        if 0 <= row < len(children) and 0 <= column < len(COLUMNS):
            return self.createIndex(row, column, children[row])
        return QModelIndex()

    def parent(self, index: Index = _NONE) -> QModelIndex:  # type: ignore[override]  # QObject.parent() besides
        above = self.entry(index).parent
        if above is None or above is self._root:
            return QModelIndex()
        return self.createIndex(above.place, 0, above)

    def rowCount(self, parent: Index = _NONE) -> int:
        return len(self.entry(parent).children) if parent.column() <= 0 else 0

    def columnCount(self, parent: Index = _NONE) -> int:
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section][0])
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr(COLUMNS[section][1])
        if role == Qt.ItemDataRole.TextAlignmentRole and section in (COUNT, BYTES):
            return _RIGHT
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == TRAINABLE and self.entry(index).owns_parameters:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry, column = self.entry(index), index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(entry, column)
            case Qt.ItemDataRole.ToolTipRole:
                return self._tip(entry, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _RIGHT if column in (COUNT, BYTES) else None
            case Qt.ItemDataRole.FontRole:
                return self._bold if entry.row is None and column == NAME else None
            case Qt.ItemDataRole.CheckStateRole:
                return self._check(entry) if column == TRAINABLE else None
            case _ if role == SORT_ROLE:
                return self._key(entry, column)
            case _ if role == PATH_ROLE:
                return entry.path
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != TRAINABLE:
            return False
        wanted = Qt.CheckState(value) == Qt.CheckState.Checked
        entry = self.entry(index)
        if any(row.kind == "parameter" and row.trainable != wanted for row in entry.tensors()):
            # The engine's next table changes the box, so that it never claims what is not so.
            self.trainable_asked.emit([entry], wanted)
        return False

    def _text(self, entry: Entry, column: int) -> str:
        row = entry.row
        if column == NAME:
            if row and row.shared_with:
                return tr("{name} (shared with {path})").format(name=entry.name, path=row.shared_with)
            return entry.name
        if column == COUNT:
            return count_text(entry.count)
        if column == BYTES:
            return bytes_text(entry.bytes)
        if row is None:
            return ""
        if column == TRAINABLE:
            return tr("buffer") if row.kind == "buffer" else ""
        return {SHAPE: shape_text(row.shape), DTYPE: row.dtype, DEVICE: row.device}[column]

    def _tip(self, entry: Entry, column: int) -> str:
        row = entry.row
        if row is None:
            return entry.path
        if column == TRAINABLE and row.kind == "buffer":
            return tr("A buffer: part of the model's state, not trained")
        lines = [row.path, row.python_path, row.layer_type]
        if row.shared_with:
            lines.append(tr("Shared with {path}, and counted there").format(path=row.shared_with))
        if row.kind == "buffer" and not row.persistent:
            lines.append(tr("Not saved with the parameters"))
        if row.carried:
            lines.append(tr("Values kept from before the last change of the model"))
        return "\n".join(line for line in lines if line)

    def _check(self, entry: Entry) -> Qt.CheckState | None:
        if not entry.owns_parameters:
            return None
        if entry.trainable is None:
            return Qt.CheckState.PartiallyChecked
        return Qt.CheckState.Checked if entry.trainable else Qt.CheckState.Unchecked

    def _key(self, entry: Entry, column: int) -> Any:
        keys: dict[int, Any] = {
            NAME: natural_key(entry.name),
            SHAPE: len(entry.row.shape) if entry.row else -1,
            COUNT: entry.count,
            TRAINABLE: {True: 2, None: 1, False: 0}[entry.trainable],
            BYTES: entry.bytes,
        }
        return keys[column] if column in keys else self._text(entry, column)


def natural_key(name: str) -> str:
    """A sort key that puts 10 behind 2."""
    return name.zfill(12) if name.isdigit() else name


def _walk(entry: Entry) -> Iterator[Entry]:
    for child in entry.children:
        yield child
        yield from _walk(child)


class ParameterFilter(QSortFilterProxyModel):
    """The rows that hold every word of a text in their path, type or shape, and are of the wanted kind."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self._kind = ""
        self.setSortRole(SORT_ROLE)
        self.setRecursiveFilteringEnabled(True)

    def set_text(self, text: str) -> None:
        self._change(tuple(text.lower().split()), self._kind)

    def set_kind(self, kind: str) -> None:
        """ "" for all, "parameter", "buffer", "trainable" or "frozen"."""
        self._change(self._words, kind)

    @property
    def filters(self) -> bool:
        """Whether rows may be hidden."""
        return bool(self._words or self._kind)

    def _change(self, words: tuple[str, ...], kind: str) -> None:
        self._words, self._kind = words, kind
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        model = self.sourceModel()
        assert isinstance(model, ParameterTreeModel)
        row = model.entry(source_parent).children[source_row].row
        # A block is shown for the sake of a tensor in it.
        return row is not None and self._accepts(row)

    def _accepts(self, row: ParameterRow) -> bool:
        match self._kind:
            case "parameter" | "buffer" if row.kind != self._kind:
                return False
            case "trainable" if not row.trainable:
                return False
            case "frozen" if row.trainable or row.kind == "buffer":
                return False
        if not self._words:
            return True
        shape = shape_text(row.shape)
        text = f"{row.path} {row.layer_type} {row.dtype} {row.device} {shape} {shape.replace(' ', '')}".lower()
        return all(word in text for word in self._words)
