"""Where module paths lead: from "net.0.hidden" to the node that owns it, and to `net[0].hidden` in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from blockstudio.compiler.check_nodes import chain
from blockstudio.compiler.members import reached
from blockstudio.compiler.naming import is_index
from blockstudio.compiler.scope import Owner, Place, Scope
from blockstudio.errors import ExpressionError
from blockstudio.graph import expressions
from blockstudio.graph.document import Location
from blockstudio.graph.model import (
    Call,
    CodeDefinition,
    Constant,
    Definition,
    Expression,
    Instance,
    Layer,
    Node,
    OptionValue,
    Repeat,
    Sequential,
)

Values = Mapping[str, Any]
"""What the hyper-parameters of a definition are."""

LARGEST_COUNT = 100_000


def _range(*bounds: int) -> range:
    """A range that can be gone through: one of a million million numbers would keep the window waiting."""
    found = range(*bounds)
    if found[LARGEST_COUNT:]:
        raise ValueError(bounds)
    return found


_FUNCTIONS: Mapping[str, Any] = {
    **{function.__name__: function for function in (len, min, max, abs, int, float, round, sum)},
    "range": _range,
}


@frozen
class Landing:
    """Where a module path leads. `location` and `node` are the innermost node on the way that the document
    knows; `rest` is what is left of the path inside a layer of torch or a block written in Python."""

    python: str
    """Behind the module it starts from: ".net[0].hidden"."""
    location: Location
    node: Node | None
    rest: tuple[str, ...] = ()
    values: Values | None = None
    """If the path ends at an instance of a definition, or at the module it started from: what its
    hyper-parameters are."""

    bypassed: bool = False
    """Whether the path goes through a child of a Sequential that is bypassed, so that it is not in the model."""

    @property
    def owned(self) -> Node | None:
        """The node if the path ends at it."""
        return None if self.rest else self.node


@frozen(eq=False)
class Paths:
    """Follows module paths in the definitions of a document."""

    scopes: Mapping[str, Scope]

    def follow(self, definition: str, path: str, values: Values | None = None) -> Landing | None:
        """Where a path from an instance of a definition leads; None where there is no such module.

        Without the values of its hyper-parameters, children of a Sequential behind a Repeat whose count
        depends on them have no known node.
        """
        scope = self.scopes.get(definition)
        if scope is None:
            return None
        here = Landing("", Location(definition), None, tuple(path.split(".")) if path else ())
        return self._in_class(scope, here, values)

    def _in_class(self, scope: Scope, here: Landing, values: Values | None) -> Landing | None:
        if not here.rest:
            return evolve(here, values=values)
        first = scope.owners.get("0", ())
        # The rounds of a layer that is named by a number are the members of the block itself.
        lengths = (0,) if first and first[0].place.rounds and is_index(here.rest[0]) else ()
        for length in (*lengths, *range(len(here.rest), 0, -1)):
            name = ".".join(here.rest[:length]) or "0"
            owner = _chosen(scope, scope.owners.get(name, ()), values)
            if owner is None:
                continue
            python = here.python + (reached(scope.attributes, name) if length else "")
            rest = here.rest[length:]
            here = Landing(python, owner.place.location, owner.node, rest, bypassed=here.bypassed)
            numbers = dict(values or {})
            # A constant is the same in every round.
            for repeat in () if isinstance(owner.node, Constant) else owner.place.rounds:
                if not here.rest:
                    return here
                if not is_index(here.rest[0]):
                    return None
                numbers[repeat.index] = int(here.rest[0])
                values = None if values is None else numbers
                here = evolve(here, python=f"{here.python}[{here.rest[0]}]", rest=here.rest[1:])
            holding = [evaluated(Expression(condition), numbers) for condition in scope.chosen(owner)]
            if any(found is not None and not found[0] for found in holding):
                return None  # an nn.Identity is there in this round
            return self._in_node(scope, owner.place, here, values)
        return None

    def _in_node(self, scope: Scope, place: Place, here: Landing, values: Values | None) -> Landing | None:
        """On from a node that a path has reached."""
        node = here.node
        if isinstance(node, Call):
            owner = scope.owner_of(place, node)
            if owner is None:
                return None
            found = evolve(here, location=owner.place.location, node=owner.node)
            return self._in_node(scope, owner.place, found, values)
        inner = self.scopes.get(node.definition) if isinstance(node, Instance) else None
        if not here.rest:
            if isinstance(node, Instance) and inner is not None:
                return evolve(here, values=_arguments(inner.definition, node, values))
            return here
        if isinstance(node, Sequential):
            inside = scope.inside(place, node, "body")
            return None if inside is None else self._in_sequential(scope, inside, node.named, here, values)
        if isinstance(node, Instance):
            if inner is not None:
                entered = Landing(here.python, Location(node.definition), None, here.rest, bypassed=here.bypassed)
                return self._in_class(inner, entered, _arguments(inner.definition, node, values))
            is_code = isinstance(scope.document.definitions.get(node.definition), CodeDefinition)
            return _inside_torch(here) if is_code else None
        if isinstance(node, Layer):
            return _inside_torch(here)
        return None

    def _in_sequential(
        self, scope: Scope, place: Place, named: bool, here: Landing, values: Values | None
    ) -> Landing | None:
        key, *rest = here.rest
        children = place.graph.nodes
        if named:
            node = children.get(key)
            reached = f".{key}" if "-" not in key or node is None else f"[{list(children).index(key)}]"
            landed = Landing(here.python + reached, place.location, node, tuple(rest))
            if node is not None and node.bypassed and not isinstance(node, Repeat):
                landed = evolve(landed, bypassed=True)
            if isinstance(node, Repeat):
                return self._in_rounds(scope, place, node, landed, values)
            return None if node is None else self._in_node(scope, place, landed, values)
        if not is_index(key):
            return None
        python = f"{here.python}[{key}]"
        remaining = int(key)
        for node in children.values():
            if not isinstance(node, Repeat):
                if not remaining:
                    landed = Landing(python, place.location, node, tuple(rest), bypassed=node.bypassed)
                    return self._in_node(scope, place, landed, values)
                remaining -= 1
                continue
            count = _count(node.count, values)
            if count is None:
                return _inside_torch(evolve(here, node=None))
            if remaining < count:
                landed = Landing(python, place.location, node, tuple(rest))
                return self._in_round(scope, place, node, remaining, landed, values)
            remaining -= count
        return None

    def _in_rounds(
        self, scope: Scope, place: Place, node: Repeat, here: Landing, values: Values | None
    ) -> Landing | None:
        """On into a Repeat that is a Sequential of its own."""
        if not here.rest:
            return here
        number, *rest = here.rest
        if not is_index(number):
            return None
        here = evolve(here, python=f"{here.python}[{number}]", rest=tuple(rest))
        return self._in_round(scope, place, node, int(number), here, values)

    def _in_round(
        self, scope: Scope, place: Place, node: Repeat, number: int, here: Landing, values: Values | None
    ) -> Landing | None:
        inside = scope.inside(place, node, "body")
        nodes = chain(node.body)
        if inside is None or nodes is None:
            return None
        if values is not None and not node.shared:
            values = {**values, node.index: number}
        if len(nodes) > 1:
            if not here.rest:
                return here
            key, *rest = here.rest
            if not is_index(key) or int(key) >= len(nodes):
                return None
            child = nodes[int(key)]
            bypassed = here.bypassed or child.bypassed
            here = Landing(f"{here.python}[{key}]", inside.location, child, tuple(rest), bypassed=bypassed)
        else:
            here = evolve(here, location=inside.location, node=nodes[0], bypassed=here.bypassed or nodes[0].bypassed)
        return self._in_node(scope, inside, here, values)


def evaluate(value: OptionValue, values: Values) -> Any:
    """The value of an option; ExpressionError or what Python raises where it has none."""
    if isinstance(value, tuple):
        return tuple(evaluate(element, values) for element in value)
    if not isinstance(value, Expression):
        return value
    # The text is checked: it calls nothing but these functions.
    text = expressions.check_option(value.text, values.keys())
    return eval(compile(text, "<expression>", "eval"), {"__builtins__": _FUNCTIONS}, dict(values))


def default_values(definition: Definition) -> Values:
    """The hyper-parameters of a definition at their defaults, those without a default left out."""
    found = {}
    for parameter in definition.hyper_parameters:
        value = evaluated(Expression(parameter.default), {}) if parameter.default else None
        if value is not None:
            found[parameter.name] = value[0]
    return found


def _arguments(definition: Definition, node: Instance, values: Values | None) -> Values | None:
    if values is None:
        return None
    found = dict(default_values(definition))
    for name, option in node.options.items():
        value = evaluated(option, values)
        if value is None:
            found.pop(name, None)
        else:
            found[name] = value[0]
    return found


def evaluated(value: OptionValue, values: Values) -> tuple[Any] | None:
    """The value of an option, in a tuple; None where it has none."""
    try:
        return (evaluate(value, values),)
    except (ExpressionError, ArithmeticError, LookupError, TypeError, ValueError, MemoryError):
        return None


def _chosen(scope: Scope, owners: Sequence[Owner], values: Values | None) -> Owner | None:
    """The one of several in branches that there is with these values, the first where they do not tell."""
    if len(owners) > 1 and values is not None:
        for owner in owners:
            holding = [evaluated(Expression(guard), values) for guard in scope.guards(owner.place)]
            if all(found is not None and found[0] for found in holding):
                return owner
    return owners[0] if owners else None


def _count(value: OptionValue, values: Values | None) -> int | None:
    found = evaluated(value, values or {})
    return found[0] if found is not None and isinstance(found[0], int) and 0 <= found[0] <= LARGEST_COUNT else None


def _inside_torch(here: Landing) -> Landing | None:
    """The rest of a path, which only torch can follow."""
    python = here.python
    for segment in here.rest:
        if not (is_index(segment) or expressions.is_identifier(segment)):
            return None
        python += f"[{segment}]" if is_index(segment) else f".{segment}"
    return evolve(here, python=python)
