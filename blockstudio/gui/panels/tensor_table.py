"""The values of a tensor as a table: any slice, cells that can be edited, and expressions over the slice."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSpinBox,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from blockstudio.errors import ExpressionError
from blockstudio.graph.expressions import check_tensor
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.panels import slicing
from blockstudio.gui.panels.parts import emptied, muted_label, state_label, tell, tool_button
from blockstudio.gui.panels.quantities import count_text
from blockstudio.gui.panels.slicing import Slice
from blockstudio.gui.panels.tensor_model import LONGEST, TensorModel
from blockstudio.gui.theme import fixed_font

WIDEST = "-0.0001234"
"""Four significant digits take no more room than this, but for very small and very large values."""


class TensorTable(QWidget):
    """An index, a number for each dimension in front of the two that are shown, the table, and an expression."""

    slice_changed = Signal()
    """Another part of the tensor is wanted."""
    assigned = Signal(str, str)
    """An index of the tensor ("" for all of it) and the expression to assign to it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape: tuple[int, ...] = ()
        self._dtype = ""
        self._editable = False
        self._chosen = Slice(())
        self._positions: tuple[int, ...] = ()
        self.model = TensorModel(self)
        self.model.edited.connect(self.assigned)
        self.model.refused.connect(self.refuse)

        self.index = QLineEdit()
        self.index.setFont(fixed_font())
        self.index.setPlaceholderText(tr("all"))
        self.index.setToolTip(tr("Which part to show, such as 0, :, :5"))
        self.index.setAccessibleName(tr("Index"))
        self.index.editingFinished.connect(self._index_entered)
        self._before, self._after = QLabel("x["), QLabel("]")
        for label in (self._before, self._after):
            label.setFont(fixed_font())
        self._steppers = QHBoxLayout()
        self._steppers.setSpacing(4)
        self._problem = state_label()
        self._note = muted_label()
        self._note.hide()
        self._make_view()
        self._make_assignment()
        top = QHBoxLayout()
        top.setSpacing(2)
        for part in (self._before, self.index, self._after):
            top.addWidget(part)
        top.addSpacing(6)
        top.addLayout(self._steppers)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self._assign)
        column.addWidget(self._problem)
        column.addWidget(self._note)
        column.addWidget(self.view, 1)

    def _make_view(self) -> None:
        self.view = QTableView()
        self.view.setModel(self.model)
        self.view.setAccessibleName(tr("Values"))
        self.view.setMinimumHeight(60)
        self.view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        across, down = self.view.horizontalHeader(), self.view.verticalHeader()
        for header in (across, down):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setHighlightSections(False)
        across.setDefaultSectionSize(self.fontMetrics().horizontalAdvance(WIDEST) + 12)
        down.setDefaultSectionSize(self.fontMetrics().height() + 8)
        down.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _make_assignment(self) -> None:
        """The line that gives the part that is shown other values."""
        self.expression = QLineEdit()
        self.expression.setFont(fixed_font())
        self.expression.setPlaceholderText("x + 1")
        self.expression.setAccessibleName(tr("Expression"))
        self.expression.setToolTip(
            tr("A new value for the part that the index names; x is the old one: x + 1, x * 0.5, 42")
        )
        self.expression.returnPressed.connect(self._expression_entered)
        self.apply = tool_button("mdi6.check", tr("Assign this to the part that the index names"), text=tr("Assign"))
        self.apply.clicked.connect(lambda: self._expression_entered())
        self._assign = QWidget()
        row = QHBoxLayout(self._assign)
        row.setContentsMargins(0, 0, 0, 0)
        equals = QLabel("=")
        equals.setFont(fixed_font())
        row.addWidget(equals)
        row.addWidget(self.expression, 1)
        row.addWidget(self.apply)

    # --- what is shown ----------------------------------------------------------------------------

    def show_tensor(self, shape: tuple[int, ...], dtype: str, *, editable: bool, fresh: bool) -> None:
        """Show a tensor; unless `fresh`, the index stays what it was where it still fits."""
        if not fresh and (shape, dtype, editable) == (self._shape, self._dtype, self._editable):
            self.model.reload()
            return
        kept = "" if fresh or shape != self._shape else self._chosen.text()
        self._shape, self._dtype, self._editable = shape, dtype, editable
        self.index.setText(kept)
        self._assign.setVisible(editable)
        if fresh:
            self.expression.clear()
        self._choose(slicing.parse(kept, shape))

    @property
    def slice(self) -> Slice:
        """What the table shows: at most two dimensions of it are left."""
        return self._chosen.at(self._positions)

    def _choose(self, chosen: Slice) -> None:
        self._chosen = chosen
        self._positions = (0,) * len(chosen.leading)
        tell(self._problem, "")
        self._make_steppers()
        self._show_slice()

    def _show_slice(self) -> None:
        self.model.show(self.slice, self._dtype, editable=self._editable)
        note = ""
        if self.model.cut:
            note = tr("The first {count} rows and columns; an index shows others.").format(count=count_text(LONGEST))
        elif not self.model.rowCount():
            note = tr("The slice is empty.")
        tell(self._note, note)

    def _make_steppers(self) -> None:
        emptied(self._steppers)
        for place, number in enumerate(self._chosen.leading):
            stepper = QSpinBox()
            stepper.setRange(0, max(0, self._chosen.axes[number].length - 1))
            stepper.setAccelerated(True)
            tip = tr("Position in dimension {number}").format(number=number)
            stepper.setToolTip(tip)
            stepper.setAccessibleName(tip)
            stepper.valueChanged.connect(lambda value, place=place: self._step(place, value))
            self._steppers.addWidget(stepper)

    def _step(self, place: int, value: int) -> None:
        self._positions = (*self._positions[:place], value, *self._positions[place + 1 :])
        self._show_slice()
        self.slice_changed.emit()

    def _index_entered(self) -> None:
        text = self.index.text()
        try:
            chosen = slicing.parse(text, self._shape)
        except ExpressionError as error:
            tell(self._problem, message(error))
            return
        tell(self._problem, "")
        if chosen != self._chosen:
            self._choose(chosen)
            self.slice_changed.emit()

    # --- changing it --------------------------------------------------------------------------------

    def _expression_entered(self) -> None:
        self._index_entered()
        if self._problem.isVisibleTo(self) or not self.expression.text().strip():
            self.expression.setFocus()
            return
        try:
            expression = check_tensor(self.expression.text(), {"x"})
        except ExpressionError as error:
            tell(self._problem, message(error))
            return
        self.assigned.emit(self._chosen.text(), expression)

    def problem(self) -> str:
        """What was wrong with the last thing typed."""
        return self._problem.text()

    def note(self) -> str:
        """What there is to know of the table."""
        return self._note.text()

    def refuse(self, text: str) -> None:
        """Say why an assignment was not made; "" when it was."""
        tell(self._problem, text)
