"""The problems of a definition's initialisers."""

from __future__ import annotations

from collections.abc import Mapping

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.spec import OptionSpec
from blockstudio.compiler.diagnostics import Report
from blockstudio.compiler.naming import is_plain
from blockstudio.compiler.options import Names, faults, hyper_names
from blockstudio.compiler.paths import Landing, Paths
from blockstudio.compiler.scope import Scope
from blockstudio.errors import BlockStudioError, ExpressionError
from blockstudio.graph.document import Location
from blockstudio.graph.model import OLD_VALUE, Constant, Initializer, Parameter


def check_initializers(scope: Scope, scopes: Mapping[str, Scope], report: Report) -> None:
    """Check the rules of a definition into a report."""
    names = hyper_names(scope.definition)
    for rule in scope.definition.initializers:
        landing = Paths(scopes).follow(scope.name, rule.target)
        place, node = Location(scope.name), ""
        if landing is not None and landing.node is not None:
            place, node = landing.location, landing.node.name
        if landing is None:
            report.add("initializer.target", place, target=rule.target)
        _check_target(scope, rule, place, node, report)
        if rule.actions != 1:
            report.add("initializer.rule", place, node)
        elif rule.same_as:
            _check_tie(scope, rule, scopes, place, node, report)
        elif rule.function:
            _check_function(scope, rule, names, place, node, report)
        elif rule.expression:
            _check_expression(rule, names, place, node, report)


def is_tensor(landing: Landing) -> bool:
    """Whether a rule's target is a tensor rather than a module."""
    return isinstance(landing.owned, Constant | Parameter)


def _check_target(scope: Scope, rule: Initializer, place: Location, node: str, report: Report) -> None:
    if rule.layer_type:
        entry = catalog().get(rule.layer_type)
        if rule.layer_type not in scope.document.definitions and (entry is None or entry.kind != "layer"):
            report.add("initializer.type", place, node, type=rule.layer_type)
    if rule.parameter and not all(map(is_plain, rule.parameter.split("."))):
        report.add("initializer.parameter", place, node, name=rule.parameter)


def _check_tie(
    scope: Scope, rule: Initializer, scopes: Mapping[str, Scope], place: Location, node: str, report: Report
) -> None:
    if Paths(scopes).follow(scope.name, rule.same_as) is None:
        report.add("initializer.target", place, node, target=rule.same_as)
    target = ".".join(part for part in (rule.target, rule.parameter) if part)
    inside = target.startswith(f"{rule.same_as}.") or rule.same_as.startswith(f"{target}.")
    if rule.layer_type or not target or target == rule.same_as or inside:
        report.add("initializer.tie", place, node, target=target, source=rule.same_as)


def _check_function(scope: Scope, rule: Initializer, names: Names, place: Location, node: str, report: Report) -> None:
    spec = catalog().initializers.get(rule.function)
    own = rule.function in scope.document.functions
    if spec is None and not own:
        report.add("initializer.function", place, node, function=rule.function)
        return
    specs = {option.name: option for option in spec.options} if spec and not own else None
    for name, value in rule.arguments.items():
        option = OptionSpec(name, "any", nullable=True) if specs is None else specs.get(name)
        if own and not is_plain(name):
            report.add("initializer.argument", place, node, name=name)
            continue
        if option is None:
            report.add("option.unknown", place, node, option=name, type=rule.function)
            continue
        for error in faults(option, value, names):
            _add(error, place, node, report)
    for option in (specs or {}).values():
        if option.required and option.name not in rule.arguments:
            report.add("option.missing", place, node, option=option.name)


def _check_expression(rule: Initializer, names: Names, place: Location, node: str, report: Report) -> None:
    try:
        Names({**names.sources, OLD_VALUE: OLD_VALUE}).tensor(rule.expression)
        if rule.index:
            names.index(rule.index)
    except ExpressionError as error:
        _add(error, place, node, report)


def _add(error: BlockStudioError, place: Location, node: str, report: Report) -> None:
    report.add_error("expression" if isinstance(error, ExpressionError) else "option.value", error, place, node)
