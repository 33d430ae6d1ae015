"""A slice of a tensor as a table that is loaded in blocks as they come into sight; free of widgets."""

from __future__ import annotations

import ast
import math
from typing import Any

from attrs import frozen
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.quantities import value_text
from blockstudio.gui.panels.slicing import Slice

BLOCK_ROWS = 64
BLOCK_COLUMNS = 32
LONGEST = 100_000
"""Rows or columns shown at most: more than anybody scrolls through, and all that Qt's headers bear."""

Value = float | int | bool | str
Index = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


@frozen
class Block:
    """A piece of the table by the numbers of its blocks."""

    row: int
    column: int

    @property
    def rows(self) -> tuple[int, int]:
        return self.row * BLOCK_ROWS, (self.row + 1) * BLOCK_ROWS

    @property
    def columns(self) -> tuple[int, int]:
        return self.column * BLOCK_COLUMNS, (self.column + 1) * BLOCK_COLUMNS


class TensorModel(QAbstractTableModel):
    """The last two dimensions of a slice. Cells not loaded yet are shown as "…" and asked for."""

    block_asked = Signal(object)
    """A `Block` that came into sight and is not loaded."""
    edited = Signal(str, str)
    """A cell was given a new value: its index in the whole tensor, and the value as an expression."""
    refused = Signal(str)
    """What was typed into a cell is no value for it: what to write instead."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._slice: Slice | None = None
        self._blocks: dict[Block, tuple[tuple[Value, ...], ...]] = {}
        self._asked: set[Block] = set()
        self._rows = self._columns = 0
        self._dtype = ""
        self._editable = False

    def show(self, part: Slice | None, dtype: str = "", *, editable: bool = False) -> None:
        """Show another slice, or nothing; values come by `load`."""
        self.beginResetModel()
        self._slice, self._dtype, self._editable = part, dtype, editable
        self._rows = min(part.rows, LONGEST) if part else 0
        self._columns = min(part.columns, LONGEST) if part else 0
        if not self._rows or not self._columns:
            self._rows = self._columns = 0
        self._blocks.clear()
        self._asked.clear()
        self.endResetModel()

    @property
    def slice(self) -> Slice | None:
        return self._slice

    @property
    def cut(self) -> bool:
        """Whether there are more rows or columns than are shown."""
        return self._slice is not None and max(self._slice.rows, self._slice.columns) > LONGEST

    def load(self, block: Block, values: tuple[tuple[Value, ...], ...]) -> None:
        """Fill in a block: rows of values, from its first row and column on."""
        if self._slice is None or not self._rows:
            return
        self._blocks[block] = values
        self._asked.discard(block)
        last_row = min(block.rows[1], self._rows) - 1
        last_column = min(block.columns[1], self._columns) - 1
        if block.rows[0] <= last_row and block.columns[0] <= last_column:
            first = self.index(block.rows[0], block.columns[0])
            self.dataChanged.emit(first, self.index(last_row, last_column))

    def reload(self) -> None:
        """The values are others now: keep showing the old ones until the new ones come."""
        stale, self._asked = set(self._blocks), set()
        for block in stale:
            self._ask(block)

    def forget(self, block: Block) -> None:
        """A block could not be had: ask for it again when it is next painted."""
        self._asked.discard(block)

    def value(self, row: int, column: int) -> Value | None:
        """A loaded value; None when it is not loaded."""
        block = Block(row // BLOCK_ROWS, column // BLOCK_COLUMNS)
        values = self._blocks.get(block)
        if values is None:
            self._ask(block)
            return None
        row, column = row - block.rows[0], column - block.columns[0]
        return values[row][column] if row < len(values) and column < len(values[row]) else None

    def _ask(self, block: Block) -> None:
        if block not in self._asked:
            self._asked.add(block)
            self.block_asked.emit(block)

    # --- what Qt asks -------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else self._rows

    def columnCount(self, parent: Index = _NONE) -> int:
        return 0 if parent.isValid() else self._columns

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if self._editable else flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or self._slice is None:
            return None
        kept = self._slice.kept[-2:]
        number = 0 if orientation == Qt.Orientation.Vertical else 1
        if number >= len(kept):
            return ""
        axis = self._slice.axes[kept[number]]
        return str(axis.start + axis.step * section)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT
        if role == Qt.ItemDataRole.ToolTipRole and self._slice is not None:
            element = self._slice.element(index.row(), index.column())
            value = self.value(index.row(), index.column())
            return f"[{element}] = {value}" if value is not None else None
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return None
        value = self.value(index.row(), index.column())
        if role == Qt.ItemDataRole.EditRole:
            return "" if value is None else str(value)
        return "…" if value is None else value_text(value)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.EditRole or self._slice is None or not self._editable:
            return False
        text = number_expression(str(value), self._dtype)
        if text is None:
            self.refused.emit(refusal_text(self._dtype))
            return False
        if str(value).strip() == str(self.value(index.row(), index.column())):
            return False
        self.refused.emit("")
        self.edited.emit(self._slice.element(index.row(), index.column()), text)
        return False  # the engine's answer changes the cell


def number_expression(text: str, dtype: str) -> str | None:
    """What a person typed into a cell, as an expression for one element; None when it is no number for it.

    "nan" and "-inf" are numbers of a floating type.
    """
    text = text.strip()
    if dtype == "bool":
        words = {"true": "True", "1": "True", "false": "False", "0": "False"}
        return words.get(text.lower())
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = text.lower()
    floating = dtype.startswith(("float", "bfloat"))
    if isinstance(value, str):
        special = {"nan": "torch.nan", "inf": "torch.inf", "+inf": "torch.inf", "-inf": "-torch.inf"}
        return special.get(value) if floating else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and (not floating or not math.isfinite(value)):
        return str(int(value)) if value.is_integer() else None
    return repr(value)


def refusal_text(dtype: str) -> str:
    """What to tell of a cell value that `number_expression` refused."""
    if dtype == "bool":
        return tr("Write True or False.")
    if dtype.startswith(("float", "bfloat")):
        return tr("Write a number, such as 0.5, nan or -inf.")
    return tr("Write a whole number.")
