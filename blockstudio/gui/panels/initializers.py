"""The panel of initialisers: fill tensors now and in every model built later, and see what it did."""

from __future__ import annotations

from attrs import evolve
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from blockstudio.engine.protocol import Changed, Failure, TensorChange
from blockstudio.graph.edits import ChangeDocument
from blockstudio.graph.model import Initializer
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.panels.asking import failure_text
from blockstudio.gui.panels.form import Section
from blockstudio.gui.panels.histogram import HistogramPlot
from blockstudio.gui.panels.initializer_form import InitializerForm
from blockstudio.gui.panels.option_editors import Choice
from blockstudio.gui.panels.parts import Number, VerticalScroll, engine_text, muted_label, state_label, tell
from blockstudio.gui.panels.quantities import value_text
from blockstudio.gui.panels.rule_list import FunctionList, RuleList
from blockstudio.gui.panels.rules import action_text, apply_rule, scope_text
from blockstudio.gui.session import Session


class InitializersPanel(QWidget):
    """A form for a rule, what applying it did, the rules of the block, and functions of the user's own."""

    rebuild_requested = Signal()
    """Build the model afresh, initialised as the document says."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._editing: tuple[str, int] | None = None
        self._changes: tuple[TensorChange, ...] = ()
        self._build()
        self.rules.edit_asked.connect(self._edit)
        session.selection_changed.connect(self._selection_changed)
        session.location_changed.connect(self._location_changed)
        session.tensor_changed.connect(self._refresh_form)
        session.table_changed.connect(self._refresh_form)
        session.document_changed.connect(self._document_changed)
        session.document_replaced.connect(self._replaced)
        session.engine_changed.connect(self._show_state)
        self._document_changed()
        self._selection_changed()
        self._show_state()

    def _build(self) -> None:
        self.form = InitializerForm(self._session)
        self.apply_button = QPushButton(icon("mdi6.check", "on_accent"), tr("Apply"))
        self.apply_button.setProperty("primary", True)
        self.apply_button.setToolTip(tr("Fill the tensors now, and keep the rule with the block"))
        self.apply_button.clicked.connect(lambda: self.apply())
        self.cancel_button = QPushButton(tr("Cancel"))
        self.cancel_button.setToolTip(tr("Leave the rule as it is"))
        self.cancel_button.clicked.connect(lambda: self._stop_editing())
        self.cancel_button.hide()
        self.problem = state_label()
        buttons = QHBoxLayout()
        buttons.addWidget(self.apply_button)
        buttons.addWidget(self.cancel_button)
        buttons.addStretch(1)
        self.fill = Section(tr("Fill tensors"))
        self.fill.add(self.form)
        self.fill.rows.addLayout(buttons)
        self.fill.add(self.problem)

        self.changed_tensor = Choice()
        self.changed_tensor.setToolTip(tr("Which of the tensors to compare"))
        self.changed_tensor.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.changed_tensor.setMinimumContentsLength(8)
        self.changed_tensor.currentIndexChanged.connect(self._show_change)
        self.plot = HistogramPlot()
        self.plot.setFixedHeight(220)
        self.comparison = muted_label()
        self.effect = Section(tr("Before and after"))
        for widget in (self.changed_tensor, self.plot, self.comparison):
            self.effect.add(widget)
        self.effect.hide()

        self.rules = RuleList(self._session)
        self.rules_section = Section(tr("Rules"))
        self.rules_section.add(self.rules)
        self.functions = FunctionList(self._session)
        functions_section = Section(tr("Your functions"), open=bool(self._session.document.functions))
        functions_section.add(self.functions)

        self.seed = Number(0, 2**31 - 1, tr("Seed that the model is initialised with; part of the project"))
        self.seed.valueChanged.connect(self._set_seed)
        self.rebuild_button = QPushButton(icon("mdi6.dice-5-outline"), tr("Initialise again"))
        self.rebuild_button.setToolTip(tr("Build the model afresh: every parameter as its rules and the seed say"))
        self.rebuild_button.clicked.connect(self.rebuild_requested)
        again = Section(tr("Whole model"))
        again.add_row(tr("Seed"), self.seed, self.seed.toolTip())
        again.add(self.rebuild_button)

        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(2)
        for part in (self.fill, self.effect, self.rules_section, again, functions_section):
            column.addWidget(part)
        column.addStretch(1)
        self._scroll = VerticalScroll(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._scroll)

    # --- following the session ------------------------------------------------------------------------

    def _refresh_form(self) -> None:
        if self._editing is None:
            self.form.refresh()

    def _selection_changed(self) -> None:
        if self._editing is None:
            self.form.follow_selection()

    def _location_changed(self) -> None:
        self._stop_editing()
        self._show_titles()

    def _document_changed(self) -> None:
        self._show_titles()
        self.seed.blockSignals(True)
        self.seed.setValue(self._session.document.seed)
        self.seed.blockSignals(False)
        self.form.list_functions()

    def _replaced(self) -> None:
        self._stop_editing()
        self.effect.hide()
        self._changes = ()
        tell(self.problem, "")
        self._document_changed()

    def _show_titles(self) -> None:
        self.rules_section.header.setText(tr("Rules of {name}").format(name=self._session.location.definition))

    def _show_state(self) -> None:
        waiting = engine_text(self._session.engine_state)
        self.rebuild_button.setEnabled(not waiting)
        self.apply_button.setEnabled(not waiting)
        self.apply_button.setToolTip(waiting or tr("Fill the tensors now, and keep the rule with the block"))

    def choose(self, scope: str) -> None:
        """Get ready to fill these tensors; `scope` as in `InitializerForm.choose_scope`."""
        self._stop_editing()
        self.form.choose_scope(scope)

    # --- applying -----------------------------------------------------------------------------------------

    def apply(self) -> None:
        """Run the rule of the form, record it, and show what it did."""
        rule = self.form.rule()
        if rule is None:
            return
        tell(self.problem, "")
        if self._editing is not None:
            self._apply_edited(*self._editing, rule)
            return
        text = tr("Initialise {what}").format(what=scope_text(rule))
        definition = self.form.current_scope.definition
        if not apply_rule(self._session, definition, rule, text, self._applied, self._refused):
            tell(self.problem, engine_text("starting"))

    def _apply_edited(self, definition: str, number: int, form: Initializer) -> None:
        session = self._session
        rules = list(session.document.definition(definition).initializers)
        if not 0 <= number < len(rules):
            self._stop_editing()
            return
        rule = evolve(
            rules[number],
            function=form.function,
            arguments=form.arguments,
            index=form.index,
            expression=form.expression,
        )
        text = tr("Change the rule of {what}").format(what=scope_text(rule))
        apply_rule(session, definition, rule, text, self._edited, self._refused, replace=number)

    def _edited(self, changed: Changed) -> None:
        self._stop_editing()
        self._applied(changed)

    def _applied(self, changed: Changed) -> None:
        self._changes = changed.tensors
        if not changed.tensors:
            self.effect.hide()
            tell(self.problem, tr("No tensor matched: nothing was changed, but the rule is kept."))
            return
        shown = self._session.tensor
        self.changed_tensor.blockSignals(True)
        self.changed_tensor.clear()
        for change in changed.tensors:
            self.changed_tensor.addItem(change.path)
        wanted = self.changed_tensor.findText(shown.path) if shown else -1
        self.changed_tensor.setCurrentIndex(max(0, wanted))
        self.changed_tensor.blockSignals(False)
        self._show_change(self.changed_tensor.currentIndex())
        self.effect.show()
        # Once it is laid out: what was just done is what the user wants to see.
        self._scroll.ensureWidgetVisible(self.effect, 0, 8)

    def _show_change(self, number: int) -> None:
        if not 0 <= number < len(self._changes):
            return
        change = self._changes[number]
        self.plot.show_change(change.before, change.after, change.density, change.bounds)
        self.comparison.setText(comparison_text(change))

    def _refused(self, failure: Failure) -> None:
        tell(self.problem, failure_text(failure))

    # --- rules and seed -------------------------------------------------------------------------------------

    def _edit(self, number: int) -> None:
        rule = self.rules.rules[number]
        self._editing = (self._session.location.definition, number)
        self.form.show_rule(rule)
        self.form.scope.setEnabled(False)
        self.form.parameter.setEnabled(False)
        self.form.layer_type.setEnabled(False)
        self.fill.header.setText(tr("Rule {number}: {what}").format(number=number + 1, what=scope_text(rule)))
        self.fill.header.setToolTip(f"{scope_text(rule)} {action_text(rule)}")
        self.cancel_button.show()
        self._scroll.ensureWidgetVisible(self.fill, 0, 0)

    def _stop_editing(self) -> None:
        self._editing = None
        for choice in (self.form.scope, self.form.parameter, self.form.layer_type):
            choice.setEnabled(True)
        self.fill.header.setText(tr("Fill tensors"))
        self.fill.header.setToolTip("")
        self.cancel_button.hide()
        self.form.refresh()

    def _set_seed(self, seed: int) -> None:
        with self._session.guard():
            self._session.push(ChangeDocument({"seed": seed}), tr("Change the seed"), merge="seed")


def comparison_text(change: TensorChange) -> str:
    """Mean and standard deviation before and after."""
    before, after = change.before_statistics, change.after_statistics
    lines = []
    for name, old, new in (
        (tr("mean"), before.mean, after.mean),
        (tr("std"), before.std, after.std),
        (tr("range"), (before.min, before.max), (after.min, after.max)),
    ):
        lines.append(f"{name} {_text(old)} → {_text(new)}")
    return "\n".join(lines)


def _text(value: float | tuple[float | None, float | None] | None) -> str:
    if isinstance(value, tuple):
        return f"{value_text(value[0])} … {value_text(value[1])}"
    return value_text(value)
