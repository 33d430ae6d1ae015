"""The panel that runs the model: on what, how, and what came out."""

from __future__ import annotations

import time
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from blockstudio.engine.protocol import Failure, ParameterTable, RunModel, RunResult, SetMode
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.icons import icon
from blockstudio.gui.panels.asking import Question, failure_text, report
from blockstudio.gui.panels.option_editors import Choice
from blockstudio.gui.panels.parts import Empty, Number, TurningSplitter, VerticalScroll, engine_text, state_label, tell
from blockstudio.gui.panels.printed import PrintedView
from blockstudio.gui.panels.quantities import seconds_text
from blockstudio.gui.panels.run_inputs import LARGEST, InputsForm
from blockstudio.gui.panels.run_results import ResultTable, activations_of, gradients_of, outputs_of, summary_text
from blockstudio.gui.session import Session
from blockstudio.gui.typed import take_typed

if TYPE_CHECKING:
    from blockstudio.compiler import Compiled

COMING = ("starting", "restarting")
"""States of an engine that is not there yet and will be."""
TICK = 100
"""Milliseconds between updates of the elapsed time."""


class RunPanel(QWidget):
    """Inputs, seed, backward pass, mode; Run and Stop; outputs, gradients and activations."""

    about_to_run = Signal()
    """What is typed and not taken yet is to be taken."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._started = 0.0
        self._ran = ""
        self._wanted = False
        """To be run as soon as the engine is there."""
        self._failure: Failure | None = None
        self._run = Question(session, self._finished, self._failed, self)
        self._mode = Question(session, session.set_table, self._mode_refused, self)
        self._clock = QTimer(self)
        self._clock.setInterval(TICK)
        self._clock.timeout.connect(self._tick)
        self._build()
        self._run.busy_changed.connect(self._busy_changed)
        session.run_finished.connect(self._show_result)
        session.source_changed.connect(self._source_changed)
        session.table_changed.connect(self._show_mode)
        session.document_replaced.connect(self._replaced)
        session.engine_changed.connect(self._show_state)
        session.printed.connect(self.printed.add)
        self.printed.filled.connect(self._show_printed)
        self._show_state(session.engine_state)
        self._show_mode(session.table)
        self._show_result(session.run_result)

    def _build(self) -> None:
        upper, lower = QWidget(), QWidget()
        self._scroll = VerticalScroll(self._make_settings())
        controls = QVBoxLayout(upper)
        controls.setContentsMargins(0, 0, 0, 0)
        controls.setSpacing(0)
        controls.addWidget(self._scroll, 1)
        controls.addLayout(self._make_buttons())
        self.problem = state_label()
        self.problem.setTextFormat(Qt.TextFormat.RichText)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.problem.linkActivated.connect(self._link)
        self.empty = Empty(tr("Press Run to see outputs, activations and gradients."))
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self._make_results())
        rest = QVBoxLayout(lower)
        rest.setContentsMargins(6, 6, 6, 6)
        rest.setSpacing(6)
        rest.addWidget(self.problem)
        rest.addWidget(self._pages, 1)
        split = TurningSplitter(1.4, (3, 5))
        split.add(upper, lower)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(split)

    def _make_settings(self) -> QWidget:
        """What to run the model on, and how."""
        self.inputs = InputsForm(self._session)
        self.seed = Number(-1, LARGEST, tr("Seed of the random inputs, and of dropout"))
        self.seed.setSpecialValueText(tr("another each time"))
        self.backward = Choice()
        for value, text, tip in (
            ("", tr("none"), tr("Forward only")),
            ("sum", tr("of the sum"), tr("output.sum().backward()")),
            ("mean", tr("of the mean"), tr("output.mean().backward()")),
        ):
            self.backward.addItem(text, value)
            self.backward.setItemData(self.backward.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.backward.setToolTip(tr("Backward pass: fills the gradients of parameters and inputs"))
        self.rounds = Number(1, 10_000, tr("How often to run; the median time is shown"), 1)
        self.training = QCheckBox(tr("Training mode"))
        self.training.setToolTip(tr("On: dropout and batch norm train. Off: net.eval()"))
        self.training.clicked.connect(lambda on: self._mode.ask(SetMode(on)))
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for label, field in (
            (tr("Seed"), self.seed),
            (tr("Backward"), self.backward),
            (tr("Rounds"), self.rounds),
            ("", self.training),
        ):
            form.addRow(label, field)
        settings = QWidget()
        column = QVBoxLayout(settings)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(6)
        column.addWidget(self.inputs)
        column.addLayout(form)
        column.addStretch(1)
        return settings

    def _make_buttons(self) -> QHBoxLayout:
        self.run_button = QPushButton(icon("mdi6.play", "on_accent"), tr("Run"))
        self.run_button.setProperty("primary", True)
        self.run_button.setToolTip(tr("Run the model on these inputs (F5)"))
        self.run_button.clicked.connect(lambda: self.run())
        self.stop_button = QPushButton(icon("mdi6.stop"), tr("Stop"))
        self.stop_button.setToolTip(tr("Interrupt the run (Shift+F5)"))
        self.stop_button.clicked.connect(lambda: self.stop())
        self.elapsed = QLabel()
        self.elapsed.setProperty("muted", True)
        buttons = QHBoxLayout()
        buttons.addWidget(self.run_button)
        buttons.addWidget(self.stop_button)
        buttons.addWidget(self.elapsed, 1)
        buttons.setContentsMargins(6, 6, 6, 6)
        return buttons

    def _make_results(self) -> QWidget:
        """What the last run gave."""
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.outputs = ResultTable(self._session, tr("Outputs"))
        self.gradients = ResultTable(self._session, tr("Input gradients"))
        self.activations = ResultTable(self._session, tr("Activations"))
        self.printed = PrintedView()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for widget, text, tip in (
            (self.outputs, tr("Outputs"), tr("What the model gave")),
            (self.activations, tr("Activations"), tr("What flowed from every node; double-click to go there")),
            (self.gradients, tr("Gradients"), tr("Gradients of the inputs after the backward pass")),
            (self.printed, tr("Printed"), tr("What the model's Python printed")),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(widget, text), tip)
        self.tabs.setTabVisible(self.tabs.indexOf(self.printed), False)
        results = QWidget()
        column = QVBoxLayout(results)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.summary)
        column.addWidget(self.tabs, 1)
        return results

    # --- running -----------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self._run.busy

    def run(self) -> None:
        """Run the model, unless it runs already: at once, or as soon as the engine is there."""
        take_typed()
        self.about_to_run.emit()
        if self.running:
            return
        self._failure = None
        tell(self.problem, "")
        self._wanted = self._session.engine_state in COMING
        if self._wanted:
            self._show_state(self._session.engine_state)
            return
        seed = self.seed.value()
        request = RunModel(
            self.inputs.examples(),
            None if seed < 0 else seed,
            self.backward.currentData(),
            None,
            self.rounds.value(),
        )
        self._run.ask(request)

    def stop(self) -> None:
        """Interrupt what the engine is doing, or do not run once it is there."""
        if self._wanted:
            self._wanted = False
            self._show_state(self._session.engine_state)
            return
        kernel = self._session.kernel
        if kernel is not None:
            kernel.interrupt()

    def _busy_changed(self, busy: bool) -> None:
        if busy:
            self._started = time.monotonic()
            self._clock.start()
            self._tick()
        else:
            self._clock.stop()
            self.elapsed.setText("")
        self._enable()

    def _tick(self) -> None:
        seconds = time.monotonic() - self._started
        self.elapsed.setText(tr("running, {time}").format(time=seconds_text(seconds)) if seconds > 0.3 else "")

    def _enable(self) -> None:
        there = self._session.engine_state in COMING or not engine_text(self._session.engine_state)
        self.run_button.setEnabled(there and not self.running and not self._wanted)
        self.stop_button.setEnabled(self.running or self._wanted)

    def _finished(self, result: RunResult) -> None:
        compiled = self._session.compiled
        self._ran = compiled.source if compiled else ""
        self._session.set_run_result(result)

    def _source_changed(self, compiled: Compiled | None) -> None:
        # What another model gave is not to be taken for what this one gives.
        if self._session.run_result is not None and (compiled is None or compiled.source != self._ran):
            self._session.set_run_result(None)

    def _failed(self, failure: Failure) -> None:
        self._failure = failure
        text = escape(self._explained(failure))
        if failure.path:
            place = escape(failure.path)
            text = f'<a href="node">{place}</a>: {text}' if self._session.locate(failure.path) else f"{place}: {text}"
        if failure.detail:
            text += f' &nbsp;<a href="details">{tr("Copy the details")}</a>'
        tell(self.problem, text)

    def _link(self, target: str) -> None:
        if self._failure is None:
            return
        if target == "details":
            QApplication.clipboard().setText(self._failure.detail)
            return
        with self._session.guard():
            self._session.show_path(self._failure.path)

    # --- showing -----------------------------------------------------------------------------------

    def _show_state(self, state: str) -> None:
        if self._wanted and state not in COMING:
            self._wanted = False
            if not engine_text(state):
                QTimer.singleShot(0, self, self.run)  # after whatever else the engine is asked first
        self._enable()
        waiting = engine_text(state)
        if self._wanted:
            waiting += " " + tr("The model runs as soon as it is ready.")
        self.empty.set_text(waiting or tr("Press Run to see outputs, activations and gradients."))

    def _show_mode(self, table: ParameterTable | None) -> None:
        self.training.setEnabled(table is not None)
        if table is not None:
            self.training.setChecked(table.training)

    def _explained(self, failure: Failure) -> str:
        """What an exception of torch says, in the words that its node has for it already, if it has any."""
        known = (p for p in self._session.diagnostics if p.path == failure.path and p.severity == "error")
        problem = next(known, None) if "kind" in failure.facts else None
        return message(problem) if problem is not None else failure_text(failure)

    def _mode_refused(self, failure: Failure) -> None:
        report(self._session, failure)
        self._show_mode(self._session.table)

    def _replaced(self) -> None:
        self._failure = None
        self._wanted = False
        self._show_state(self._session.engine_state)
        tell(self.problem, "")
        self.printed.clear()

    def _show_printed(self, filled: bool) -> None:
        self.tabs.setTabVisible(self.tabs.indexOf(self.printed), filled)
        self._choose_page()

    def _choose_page(self) -> None:
        """What was printed is shown without results too: of a run that goes on or failed."""
        has_results = self._session.run_result is not None
        if not has_results and self.tabs.isTabVisible(self.tabs.indexOf(self.printed)):
            self.tabs.setCurrentWidget(self.printed)
            self._pages.setCurrentIndex(1)
        else:
            self._pages.setCurrentIndex(int(has_results))
        for table in (self.outputs, self.activations):
            self.tabs.setTabEnabled(self.tabs.indexOf(table), has_results)

    def _show_result(self, result: RunResult | None) -> None:
        had_results = self.tabs.isTabEnabled(self.tabs.indexOf(self.outputs))
        self._choose_page()
        if result is None:
            self.summary.setText("")
            self.tabs.setTabEnabled(self.tabs.indexOf(self.gradients), False)
            return
        if not had_results:
            self.tabs.setCurrentWidget(self.outputs)
        document = self._session.document
        self.summary.setText(summary_text(result))
        self.outputs.show_results(outputs_of(document, result))
        self.outputs.choose_first()
        self.activations.show_results(activations_of(document, result))
        gradients = gradients_of(document, result)
        self.gradients.show_results(gradients)
        self.tabs.setTabEnabled(self.tabs.indexOf(self.gradients), bool(gradients))
