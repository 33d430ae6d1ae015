"""Initialisers made ready to be written: where their targets are, and what they call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.render import option_source
from blockstudio.catalog.spec import OptionSpec
from blockstudio.compiler import ir
from blockstudio.compiler.check_initializers import is_tensor
from blockstudio.compiler.options import Names
from blockstudio.compiler.paths import Paths
from blockstudio.compiler.scope import Scope
from blockstudio.compiler.snippets import quoted
from blockstudio.errors import ExpressionError
from blockstudio.graph.document import Location
from blockstudio.graph.model import OLD_VALUE, Initializer, Layer

_MAY_REMOVE = ("bias", "affine", "elementwise_affine")
"""Options of layers that can leave them without a parameter that they have by default."""


def lowered_rules(scope: Scope, scopes: Mapping[str, Scope], names: Names) -> tuple[ir.InitRule, ...]:
    """The rules of a definition, those that have an error left out; `names` are those of its methods."""
    if not scope.definition.initializers:
        return ()
    optional = any(map(_may_lack_parameters, scopes.values())) or len(scopes) < len(scope.document.definitions)
    return tuple(_lowered(scope, scopes, names, optional))


def _lowered(scope: Scope, scopes: Mapping[str, Scope], names: Names, optional: bool) -> Iterator[ir.InitRule]:
    for rule in scope.definition.initializers:
        landing = Paths(scopes).follow(scope.name, rule.target)
        if landing is None or landing.bypassed or rule.actions != 1:
            continue
        source = Paths(scopes).follow(scope.name, rule.same_as) if rule.same_as else None
        if rule.same_as and (source is None or source.bypassed):
            continue
        layer_type = _class_name(scope, rule.layer_type)
        try:
            function, arguments = _function(scope, rule, names)
            expression = index = ""
            if rule.expression:
                expression = Names({**names.sources, OLD_VALUE: OLD_VALUE}).tensor(rule.expression)
                index = names.index(rule.index) if rule.index else ""
        except ExpressionError:
            continue
        if (rule.function and not function) or (rule.layer_type and not layer_type):
            continue
        spec = catalog().initializers.get(function.replace("nn.init.", "torch.nn.init."))
        known = landing.node is not None
        yield ir.InitRule(
            location=landing.location if known else Location(scope.name),
            node=landing.node.name if landing.node is not None else "",
            target=f"self{landing.python}",
            is_tensor=is_tensor(landing),
            layer_type=layer_type,
            parameter=rule.parameter,
            optional=optional and bool(rule.layer_type),
            minimum_rank=spec.minimum_rank if spec else 0,
            function=function,
            arguments=arguments,
            index=index,
            expression=expression,
            source=f"self{source.python}" if source is not None else "",
            trainable=rule.trainable,
        )


def _class_name(scope: Scope, layer_type: str) -> str:
    """How a type of layer is written: "nn.Linear"."""
    entry = catalog().get(layer_type)
    if entry is not None:
        return layer_type.replace("torch.nn.", "nn.")
    return layer_type if layer_type in scope.document.definitions else ""


def _function(scope: Scope, rule: Initializer, names: Names) -> tuple[str, tuple[str, ...]]:
    """How the function of a rule is written, and its arguments behind the tensor."""
    if not rule.function:
        return "", ()
    if rule.function in scope.document.functions:
        own = OptionSpec("", "any")
        given = {name: option_source(own, names.value("any", value)) for name, value in rule.arguments.items()}
        return rule.function, tuple(quoted(f"{name}={source}") for name, source in given.items())
    spec = catalog().initializers.get(rule.function)
    if spec is None:
        return "", ()
    arguments = []
    for option in spec.options:
        if option.name not in rule.arguments:
            continue
        value = rule.arguments[option.name]
        if option.required or value != option.default:
            source = option_source(option, names.value(option.type, value))
            arguments.append(quoted(source if option.required else f"{option.name}={source}"))
    return rule.function.replace("torch.nn.init.", "nn.init."), tuple(arguments)


def _may_lack_parameters(scope: Scope) -> bool:
    """Whether some layer may be without a parameter that layers of its type mostly have."""
    return any(
        isinstance(node, Layer) and any(node.options.get(option, True) is not True for option in _MAY_REMOVE)
        for place in scope.places
        for node in place.graph.nodes.values()
    )
