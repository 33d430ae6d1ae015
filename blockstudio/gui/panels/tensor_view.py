"""The panel of one tensor: where it is, its statistics, histogram, values and colours."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from blockstudio.engine.protocol import Failure, ParameterRow, ParameterTable, ShowTensor, Statistics, TensorView
from blockstudio.gui.i18n import tr
from blockstudio.gui.markup import plain_label
from blockstudio.gui.panels.asking import Question, failure_text
from blockstudio.gui.panels.heat_map import HeatMap
from blockstudio.gui.panels.histogram import HistogramPlot
from blockstudio.gui.panels.parts import CopyLine, Empty, TurningBox, VerticalScroll, muted_label, tool_button
from blockstudio.gui.panels.quantities import count_text, shape_text, value_text
from blockstudio.gui.panels.rules import apply_rule, tensor_rule
from blockstudio.gui.panels.tensor_model import Block
from blockstudio.gui.panels.tensor_table import TensorTable
from blockstudio.gui.session import Session, TensorRef
from blockstudio.gui.theme import theme

FIRST = Block(0, 0)


class TensorPanel(QWidget):
    """The tensor the session looks at, or one of its own. Asks the engine only while it can be seen."""

    save_requested = Signal(object, str)
    """Save these tensors, by their paths, of this source."""

    def __init__(self, session: Session, parent: QWidget | None = None, *, follows: bool = True) -> None:
        super().__init__(parent)
        self._session = session
        self._follows = follows
        self._shown: TensorRef | None = None
        self._view: TensorView | None = None
        self._stale = False
        self._wanted: list[Block] = []
        self._look = Question(session, self._take, self._refused, self)
        self._more = Question(session, self._take_block, self._block_refused, self)
        self._loading = FIRST
        self._build()

        if follows:
            session.tensor_changed.connect(self._tensor_changed)
        session.parameters_changed.connect(self.refresh)
        session.table_changed.connect(self._table_changed)
        session.run_finished.connect(self._ran)
        self.show_ref(session.tensor if follows else None)

    def _build(self) -> None:
        self.name = plain_label()
        self.name.setProperty("heading", True)
        self.name.setWordWrap(True)
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.save_button = tool_button("mdi6.content-save-outline", tr("Save this tensor…"), self._save)
        self.facts = muted_label()
        self.copy_line = CopyLine(tr("Copy the Python path"))
        self.sources = QTabBar()
        self.sources.setDrawBase(False)
        self.sources.setExpanding(False)
        for source, text, tip in (
            ("value", tr("Values"), tr("The values of the tensor")),
            ("gradient", tr("Gradient"), tr("The gradient of the output by it, after a backward pass")),
        ):
            number = self.sources.addTab(text)
            self.sources.setTabData(number, source)
            self.sources.setTabToolTip(number, tip)
        self.sources.currentChanged.connect(self._source_chosen)
        self.statistics = QLabel()
        self.statistics.setWordWrap(True)
        self.statistics.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

        self.histogram = HistogramPlot()
        self.table = TensorTable()
        self.table.model.block_asked.connect(self._block_asked)
        self.table.slice_changed.connect(self._ask)
        self.table.assigned.connect(self._assign)
        self.heat_map = HeatMap()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for widget, text, tip in (
            (self.histogram, tr("Histogram"), tr("How often which values occur")),
            (self.table, tr("Table"), tr("The values of a slice; double-click to change one")),
            (self.heat_map, tr("Heat map"), tr("The values of the slice as colours")),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(widget, text), tip)
        self.missing = Empty()
        self._contents = QStackedWidget()
        self._contents.addWidget(self.missing)
        self._contents.addWidget(self.tabs)

        about = QWidget()
        column = QVBoxLayout(about)
        column.setContentsMargins(6, 6, 6, 0)
        column.setSpacing(4)
        title = QHBoxLayout()
        title.addWidget(self.name, 1)
        title.addWidget(self.save_button, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(title)
        column.addWidget(self.copy_line)
        numbers = QWidget()  # in a low pane they scroll: half a line would be seen of them
        rows = QVBoxLayout(numbers)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(4)
        rows.addWidget(self.facts)
        rows.addWidget(self.statistics)
        self.numbers = VerticalScroll(numbers)
        self.numbers.setFrameShape(VerticalScroll.Shape.NoFrame)
        self.numbers.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        column.addWidget(self.numbers)
        column.addWidget(self.sources)
        column.addStretch(1)
        shown = TurningBox(1.3, about, self._contents)
        self.empty = Empty(tr("Select a parameter or a node to see its values."))
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(shown)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._pages)

    def _save(self) -> None:
        if self._shown is not None:
            self.save_requested.emit([self._shown.path], self._shown.source)

    # --- which tensor -------------------------------------------------------------------------------

    @property
    def row(self) -> ParameterRow | None:
        """The table's line of the tensor, where it is one of the model."""
        table, shown = self._session.table, self._shown
        if table is None or shown is None or shown.source not in ("value", "gradient"):
            return None
        return next((row for row in table.rows if row.path == shown.path), None)

    def refresh(self) -> None:
        """The values may be others: look again, now or when the panel is next seen."""
        if self._shown is None:
            return
        if not self.isVisible():
            self._stale = True
            return
        self._stale = False
        self._ask()

    def _tensor_changed(self) -> None:
        self.show_ref(self._session.tensor)

    def show_ref(self, tensor: TensorRef | None) -> None:
        """Show this tensor, or say that one should be selected."""
        before, self._shown = self._shown, tensor
        if before is None or self._shown is None or before.path != self._shown.path:
            self._view = None
        self._look.forget()
        self._more.forget()
        self._wanted.clear()
        self._pages.setCurrentIndex(0 if self._shown is None else 1)
        if self._shown is None:
            return
        self.sources.setVisible(self._shown.source != "file")
        self.sources.blockSignals(True)
        self.sources.setCurrentIndex(1 if self._shown.source == "gradient" else 0)
        self.sources.blockSignals(False)
        self._show_title()
        if self._view is None:
            self._tell_missing(tr("Asking the engine…"))
        self.refresh()

    def _source_chosen(self, number: int) -> None:
        if self._shown is not None:
            path = self._shown.path
            if self.sources.tabData(number) == "gradient":
                tensor = TensorRef(path, "gradient")
            else:
                tensor = TensorRef(path, "activation" if "|" in path else "value")
            if self._follows:
                self._session.show_tensor(tensor)
            else:
                self.show_ref(tensor)

    def _table_changed(self, table: ParameterTable | None) -> None:
        if self._shown is None:
            return
        self._show_title()
        if table is not None:
            self.refresh()

    def _ran(self, result: object) -> None:
        if result is not None and self._shown is not None and self._shown.source != "file":
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.refresh()

    # --- asking and showing ---------------------------------------------------------------------------

    def _ask(self) -> None:
        if self._shown is None:
            return
        index = self.table.slice.text() if self._view is not None else ""
        request = ShowTensor(self._shown.path, self._shown.source, index, *_span(FIRST))
        if not self._look.ask(request):
            self._tell_missing(tr("The engine is starting…"))

    def _take(self, view: TensorView) -> None:
        if view.missing:
            self._tell_missing(missing_text(view.missing, self._shown))
            return
        fresh = self._view is None
        if not fresh and self._view is not None and self._view.shape != view.shape:
            # The index was one of the old shape: see the new tensor from its start.
            self._view = None
            self._ask()
            return
        self._view = view
        self._contents.setCurrentIndex(1)
        self.save_button.setEnabled(True)
        self._show_title()
        self.statistics.setText(statistics_text(view.statistics))
        if view.histogram is None:
            self.histogram.clear(tr("No finite values.") if view.statistics.count else tr("The tensor is empty."))
        else:
            self.histogram.show_one(view.histogram)
        self.table.show_tensor(view.shape, view.dtype, editable=self._editable, fresh=fresh)
        if fresh or view.index == self.table.slice.text() or not view.index:
            self.table.model.load(FIRST, view.values)
        part = self.table.slice
        if view.heat_map:
            self.heat_map.show_values(view.heat_map, (part.rows, part.columns))
        else:
            self.heat_map.clear(tr("The slice is empty."))

    def _refused(self, failure: Failure) -> None:
        self._tell_missing(failure_text(failure))

    def _tell_missing(self, text: str) -> None:
        self._view = None
        self.missing.set_text(text)
        self._contents.setCurrentIndex(0)
        self.statistics.clear()
        self.save_button.setEnabled(False)

    @property
    def _editable(self) -> bool:
        row = self.row
        return row is not None and self._shown is not None and self._shown.source == "value"

    def _show_title(self) -> None:
        shown, view, row = self._shown, self._view, self.row
        if shown is None:
            return
        self.name.setText(title_text(shown))
        self.copy_line.setVisible(row is not None)
        if row is not None:
            path = row.python_path
            self.copy_line.set_text(f"{path}.grad" if shown.source == "gradient" else path)
        facts: list[str] = []
        if view is not None:
            facts = [shape_text(view.shape), view.dtype, view.device]
        elif row is not None:
            facts = [shape_text(row.shape), row.dtype, row.device]
        if row is not None:
            if row.kind == "buffer":
                facts.append(tr("buffer"))
            elif not row.trainable:
                facts.append(tr("not trained"))
            if row.shared_with:
                facts.append(tr("shared with {path}").format(path=row.shared_with))
        self.facts.setText(" · ".join(facts))

    # --- blocks of the table ------------------------------------------------------------------------------

    def _block_asked(self, block: Block) -> None:
        if block == FIRST and self._look.busy:
            return
        self._wanted = [wanted for wanted in self._wanted if wanted != block] + [block]
        self._load_more()

    def _load_more(self) -> None:
        if self._more.busy or not self._wanted or self._shown is None:
            return
        self._loading = self._wanted.pop()  # what came into sight last is what is looked at
        index = self.table.slice.text()
        self._more.ask(ShowTensor(self._shown.path, self._shown.source, index, *_span(self._loading)))

    def _take_block(self, view: TensorView) -> None:
        if not view.missing:
            self.table.model.load(self._loading, view.values)
        self._load_more()

    def _block_refused(self, failure: Failure) -> None:
        self.table.model.forget(self._loading)
        self._wanted.clear()

    # --- changing it -----------------------------------------------------------------------------------------

    def _assign(self, index: str, expression: str) -> None:
        if self._shown is None:
            return
        path = self._shown.path
        rule = tensor_rule(path, index, expression)
        place = f"{path}[{index}]" if index else path
        text = tr("Set {place} to {expression}").format(place=place, expression=expression)
        self.table.refuse("")
        if not apply_rule(self._session, self._session.document.root, rule, text, refused=self._not_assigned):
            self.table.refuse(tr("The engine is starting…"))

    def _not_assigned(self, failure: Failure) -> None:
        self.table.refuse(failure_text(failure))


def _span(block: Block) -> tuple[tuple[int, int], tuple[int, int]]:
    return block.rows, block.columns


def title_text(tensor: TensorRef) -> str:
    """What a tensor is called: its key, the node and output it flowed from, or its file and key."""
    first, _, second = tensor.path.rpartition("|")
    if tensor.source == "file":
        name = first.replace("\\", "/").rpartition("/")[2]
        return f"{name}: {second}" if second else name
    return tr("{node}, output {port}").format(node=first, port=second) if first else tensor.path


def missing_text(reason: str, tensor: TensorRef | None) -> str:
    """Why there is nothing to see, and what to do about it."""
    if tensor is not None and tensor.source == "gradient":
        return f"{tr(reason)} {tr('Run the model with a backward pass to see it.')}"
    return tr(reason)


def statistics_text(statistics: Statistics) -> str:
    """Rich text of one line or more; NaN and infinities stand out where there are any."""
    s = statistics
    parts = [
        (tr("mean"), value_text(s.mean)),
        (tr("std"), value_text(s.std)),
        (tr("min"), value_text(s.min)),
        (tr("max"), value_text(s.max)),
        (tr("zero"), count_text(s.zeros)),
    ]
    words = [f"{_unbroken(name)}&nbsp;<b>{value}</b>" for name, value in parts]
    for name, count in ((tr("NaN"), s.nan), (tr("Inf"), s.inf)):
        text = f"{name}&nbsp;<b>{count_text(count)}</b>"
        words.append(f"<span style='color:{theme().error}'>{text}</span>" if count else text)
    return "&nbsp;&nbsp; ".join(words)


def _unbroken(name: str) -> str:
    """A word that stays on one line, though Chinese may be broken after any character."""
    return name if name.isascii() else "\u2060".join(name)
