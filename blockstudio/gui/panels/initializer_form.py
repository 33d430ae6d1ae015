"""The form that makes an initialisation rule: which tensors, by what, with which arguments."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from attrs import evolve, frozen
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.spec import REQUIRED, OptionSpec
from blockstudio.engine.protocol import ParameterRow, ParameterTable
from blockstudio.errors import BlockStudioError
from blockstudio.graph.expressions import check_index, check_tensor
from blockstudio.graph.model import Initializer, OptionValue
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.panels import places
from blockstudio.gui.panels.form import Field, Row
from blockstudio.gui.panels.option_editors import Choice, OptionRow
from blockstudio.gui.panels.option_text import names_at
from blockstudio.gui.panels.parameters import module_selected
from blockstudio.gui.panels.rules import BUILT_IN
from blockstudio.gui.session import Session
from blockstudio.gui.theme import fixed_font

LABELS = 88
"""Width of the labels: the pane may be narrow."""
EXPRESSION = "expression"
"""In the list of functions: no function, but an expression over the old value."""


@frozen
class Scope:
    """Tensors that a rule may be about. `definition` is the block that the rule belongs to."""

    kind: str
    text: str
    definition: str
    target: str = ""
    parameter: str = ""

    @property
    def key(self) -> str:
        """What tells it from the others that are offered."""
        return f"module {self.target}" if self.kind == "module" else self.kind


def function_options(source: str, name: str) -> tuple[OptionSpec, ...]:
    """The arguments of an initialiser function of the user's own, behind the tensor; none where it cannot be read."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ()
    found = next((part for part in tree.body if isinstance(part, ast.FunctionDef) and part.name == name), None)
    if found is None:
        return ()
    positional = [*found.args.posonlyargs, *found.args.args]
    required = len(positional) - len(found.args.defaults)
    given: list[tuple[str, ast.expr | None]] = [
        (part.arg, found.args.defaults[number - required] if number >= required else None)
        for number, part in enumerate(positional)
    ][1:]
    given += [(part.arg, value) for part, value in zip(found.args.kwonlyargs, found.args.kw_defaults, strict=True)]
    options = []
    for argument, default in given:
        try:
            value = REQUIRED if default is None else ast.literal_eval(default)
        except ValueError:
            continue  # a default that is not plain data stays what it is
        options.append(OptionSpec(argument, "any", value, nullable=value is None))
    return tuple(options)


class InitializerForm(QWidget):
    """Follows the selection: the selected tensor or node is what a new rule would be about."""

    changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._arguments: dict[str, dict[str, OptionValue]] = {}
        self._scopes: list[Scope] = []
        self._options: dict[str, OptionRow] = {}
        self._offered: tuple[dict[str, str], list[str]] | None = None
        self.scope = Choice()
        self.layer_type = Choice()
        self.parameter = Choice()
        self.function = Choice()
        self.function.setMaxVisibleItems(30)
        self.expression = Field()
        self.index = Field()
        for field, placeholder in ((self.expression, "x + 1"), (self.index, tr("all"))):
            field.setFont(fixed_font())
            field.setPlaceholderText(placeholder)
            field.textEdited.connect(lambda: self.changed.emit())
        for choice in (self.scope, self.layer_type, self.parameter, self.function):
            choice.setSizeAdjustPolicy(choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            choice.setMinimumContentsLength(8)
        self._scope_row = Row(tr("Where"), self.scope, tr("Which tensors to fill"))
        self._type_row = Row(tr("Layer type"), self.layer_type, tr("Every layer of this type in the block"))
        self._parameter_row = Row(tr("Parameter"), self.parameter, tr("Which parameter of each layer"))
        self._function_row = Row(tr("Fill with"), self.function, tr("A function of torch.nn.init, or one of your own"))
        self._index_row = Row(tr("Index"), self.index, tr("Which part of the tensor, such as 0, :5"))
        self._expression_row = Row(
            tr("New value"), self.expression, tr("An expression over the old value, x: x + 1, x * 0.5, 42")
        )
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(5)
        for row in (
            self._scope_row,
            self._type_row,
            self._parameter_row,
            self._function_row,
            self._index_row,
            self._expression_row,
        ):
            self._add(row)
        self.scope.activated.connect(lambda: self._scope_chosen())
        self.layer_type.activated.connect(lambda: self._type_chosen())
        self.parameter.activated.connect(lambda: self.changed.emit())
        self.function.activated.connect(lambda: self._function_chosen())
        self.refresh()

    # --- which tensors ------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The selection or the model is another: offer what there is now, and keep what was chosen."""
        self.list_functions()
        kept = self.current_scope.key if self._scopes else ""
        before = {scope.key for scope in self._scopes}
        self._scopes = self._list_scopes()
        if kept == "block" and "node" in {scope.key for scope in self._scopes} - before:
            kept = "node"  # it was selected before the engine knew what is in it
        self.scope.clear()
        for scope in self._scopes:
            self.scope.addItem(scope.text, scope.key)
            self.scope.setItemData(self.scope.count() - 1, scope.text, Qt.ItemDataRole.ToolTipRole)
        wanted = "block" if kept == "node" and self.scope.findData(kept) < 0 else kept
        self.scope.setCurrentIndex(max(0, self.scope.findData(wanted)))
        self._scope_chosen()

    def follow_selection(self) -> None:
        """Whoever selects a node means that node, unless a type of layers is chosen."""
        self.refresh()
        if self.current_scope.key != "type":
            self.choose_scope("node")

    @property
    def current_scope(self) -> Scope:
        return self._scopes[max(0, self.scope.currentIndex())]

    def choose_scope(self, key: str) -> None:
        """Choose "tensor", "module PATH", "node", "block" or "type", where it is offered."""
        if self.scope.findData(key) >= 0:
            self.scope.setCurrentIndex(self.scope.findData(key))
            self._scope_chosen()

    def _list_scopes(self) -> list[Scope]:
        session, scopes = self._session, []
        root, shown = session.document.root, session.location.definition
        tensor = session.tensor
        if tensor is not None and tensor.source in ("value", "gradient") and self._row(tensor.path) is not None:
            target, _, parameter = tensor.path.rpartition(".")
            text = tr("This tensor: {path}").format(path=tensor.path)
            scopes.append(Scope("tensor", text, root, target, parameter))
            while target:
                scopes.append(Scope("module", tr("All of {path}").format(path=target), root, target))
                target = target.rpartition(".")[0]
        if len(session.selection) == 1:
            name = session.selection[0]
            try:
                target = places.module_of(session.document, session.location, name)
            except BlockStudioError:
                target = ""
            if target and self._rows_of(module_selected(session) or target):
                scopes.append(Scope("node", tr("This node: {name}").format(name=name), shown, target))
        scopes.append(Scope("block", tr("This block: {name}").format(name=shown), shown))
        scopes.append(Scope("type", tr("Layers of one type"), shown))
        return scopes

    def _rows(self) -> tuple[ParameterRow, ...]:
        table: ParameterTable | None = self._session.table
        return table.rows if table else ()

    def _row(self, path: str) -> ParameterRow | None:
        return next((row for row in self._rows() if row.path == path), None)

    def _rows_of(self, module: str) -> list[ParameterRow]:
        return [row for row in self._rows() if row.path == module or row.path.startswith(f"{module}.")]

    def _rows_in_scope(self) -> list[ParameterRow]:
        """The rows of the table a rule of this scope would be about, layer type and parameter left aside."""
        scope = self.current_scope
        if scope.kind == "tensor":
            row = self._row(places.join(scope.target, scope.parameter))
            return [row] if row else []
        if scope.kind == "module":
            return self._rows_of(scope.target)
        above = places.shown_module(self._session.document, self._session.trail)
        module = places.join(above or "", scope.target)
        return self._rows_of(module) if module else list(self._rows())

    def _scope_chosen(self) -> None:
        kind = self.current_scope.kind
        rows = self._rows_in_scope()
        self._type_row.setVisible(kind == "type")
        self._parameter_row.setVisible(kind != "tensor")
        if kind == "type":
            types = sorted({row.layer_type for row in rows if row.kind == "parameter"}, key=_short)
            _offer(self.layer_type, {type: _short(type) for type in types})
        self._type_chosen()

    def _type_chosen(self) -> None:
        kind, rows = self.current_scope.kind, self._rows_in_scope()
        if kind == "type":
            rows = [row for row in rows if row.layer_type == self.layer_type.currentData()]
        names = dict.fromkeys(row.path.rpartition(".")[2] for row in rows if row.kind == "parameter")
        offered = {name: name for name in names}
        if kind in ("module", "node", "block"):
            offered = {"": tr("every parameter"), **(offered if self._is_one_layer(rows) else {})}
        _offer(self.parameter, offered)
        self.changed.emit()

    def _is_one_layer(self, rows: list[ParameterRow]) -> bool:
        return len({row.path.rpartition(".")[0] for row in rows}) == 1

    # --- with what ------------------------------------------------------------------------------------

    def list_functions(self) -> None:
        """Offer the functions of torch.nn.init, those of the document, and an expression."""
        offered = (dict(self._session.document.functions), names_at(self._session.document, self._session.location))
        if offered == self._offered:
            return
        self._offered = offered
        kept = self.function.currentData() or f"{BUILT_IN}normal_"
        self.function.clear()
        for type, spec in catalog().initializers.items():
            self.function.addItem(spec.label, type)
            self.function.setItemData(self.function.count() - 1, tr(spec.doc), Qt.ItemDataRole.ToolTipRole)
        self.function.insertSeparator(self.function.count())
        for name in self._session.document.functions:
            self.function.addItem(tr("{name} (your own)").format(name=name), name)
        self.function.addItem(tr("an expression…"), EXPRESSION)
        self.function.setCurrentIndex(max(0, self.function.findData(kept)))
        self._function_chosen()

    @property
    def options(self) -> Mapping[str, OptionRow]:
        """The rows of the arguments, by name."""
        return self._options

    def choose_function(self, function: str) -> None:
        """Choose a function by its full name, or EXPRESSION."""
        if self.function.findData(function) >= 0:
            self.function.setCurrentIndex(self.function.findData(function))
            self._function_chosen()

    def _function_chosen(self) -> None:
        function = self.function.currentData()
        for row in self._options.values():
            row.hide()
            row.deleteLater()
        self._options = {}
        expression = function == EXPRESSION
        self._index_row.setVisible(expression)
        self._expression_row.setVisible(expression)
        for option in () if expression else self._specs(function):
            row = OptionRow(option, names_at(self._session.document, self._session.location))
            row.show_value(self._argument(function, option))
            row.committed.connect(lambda value, option=option: self._set_argument(option, value))
            self._options[option.name] = row
            self._add(row)
        self._function_row.set_tip(self.function.currentData(Qt.ItemDataRole.ToolTipRole) or "")
        self.changed.emit()

    def _add(self, row: Row) -> None:
        row.set_label_width(LABELS)
        self._column.addWidget(row)

    def _specs(self, function: str) -> tuple[OptionSpec, ...]:
        source = self._session.document.functions.get(function)
        if source is not None:
            return function_options(source, function)
        spec = catalog().initializers.get(function)
        return spec.options if spec else ()

    def _argument(self, function: str, option: OptionSpec) -> OptionValue:
        given = self._arguments.get(function, {})
        if option.name in given:
            return given[option.name]
        if option.suggested is not None:
            return option.suggested
        return None if option.required else option.default  # type: ignore[return-value]  # not REQUIRED then

    def _set_argument(self, option: OptionSpec, value: OptionValue) -> None:
        self._arguments.setdefault(self.function.currentData(), {})[option.name] = value
        self._options[option.name].show_value(value)
        self.changed.emit()

    # --- the rule -----------------------------------------------------------------------------------------

    def rule(self) -> Initializer | None:
        """The rule as the form stands; None, and the form says why, where it makes none."""
        scope, function = self.current_scope, self.function.currentData()
        layer_type = str(self.layer_type.currentData() or "") if scope.kind == "type" else ""
        if scope.kind == "type" and not layer_type:
            self._type_row.complain(tr("There is no layer with parameters here yet."))
            return None
        self._type_row.complain("")
        parameter = scope.parameter or str(self.parameter.currentData() or "")
        empty = Initializer(target=scope.target, layer_type=layer_type, parameter=parameter)
        if function != EXPRESSION:
            arguments = {
                option.name: value
                for option in self._specs(function)
                if (value := self._argument(function, option)) != option.default
            }
            return evolve(empty, function=function, arguments=arguments)
        names = {"x", *names_at(self._session.document, self._session.location)}
        index = expression = ""
        for row, field in ((self._index_row, self.index), (self._expression_row, self.expression)):
            text = field.text().strip()
            try:
                if field is self.expression:
                    expression = check_tensor(text, names)
                elif text:
                    index = check_index(text)
            except BlockStudioError as error:
                row.complain(message(error))
                return None
            row.complain("")
        return evolve(empty, index=index, expression=expression)

    def show_rule(self, rule: Initializer) -> None:
        """Fill the form with what a rule does; where it does it stays as chosen."""
        function = rule.function or EXPRESSION
        self._arguments[function] = dict(rule.arguments)
        self.index.show_text(rule.index)
        self.expression.show_text(rule.expression)
        self.choose_function(function)


def _short(type: str) -> str:
    return type.rpartition(".")[2]


def _offer(choice: Choice, items: Mapping[str, str]) -> None:
    """Offer these, and keep what was chosen where it is among them."""
    kept = choice.currentData()
    choice.clear()
    for data, text in items.items():
        choice.addItem(text, data)
    choice.setCurrentIndex(max(0, choice.findData(kept)))
