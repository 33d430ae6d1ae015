"""The declarations of a class: layers, instances, containers, buffers and parameters, from their nodes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import definition_options
from blockstudio.catalog.render import option_source
from blockstudio.catalog.spec import OptionSpec
from blockstudio.compiler import ir
from blockstudio.compiler.check_nodes import chain
from blockstudio.compiler.members import reached
from blockstudio.compiler.options import Names, made_names, settled, specs_of
from blockstudio.compiler.scope import Owner, Place, Scope
from blockstudio.graph.expressions import is_number
from blockstudio.graph.model import (
    Call,
    Constant,
    Expression,
    Instance,
    Layer,
    Node,
    OptionValue,
    Parameter,
    Repeat,
    Sequential,
)

BYPASSED = "bypassed"
"""The comment in the source."""


@frozen(eq=False)
class Declarer:
    """Makes declarations for the nodes of a definition; `names` are those of `__init__`."""

    scope: Scope
    names: Names

    def attribute(self, owner: Owner) -> ir.Declaration:
        """The declaration of a node that becomes an attribute of the class."""
        place = owner.place
        rounds = () if isinstance(owner.node, Constant) else place.rounds
        counted = tuple(ir.Rounds(self.count(outer, repeat), repeat.index) for outer, repeat in _outer(place, rounds))
        return self._declare(
            place,
            owner.node,
            name=owner.node.name,
            rounds=counted,
            guards=self.scope.guards(place),
            chosen=self.scope.chosen(owner),
        )

    def count(self, place: Place, repeat: Repeat) -> str:
        """The number of rounds of a Repeat that stands at a place, as made text."""
        return count_source(repeat.count, made_names(self.names, place))

    def dependencies(self, place: Place, container: Sequential) -> Iterator[Owner]:
        """The attributes of the class that a Sequential uses again, which must be there before it."""
        inside = self.scope.inside(place, container, "body")
        pending = [inside] if inside else []
        while pending:
            current = pending.pop()
            for child in current.graph.nodes.values():
                owner = self.scope.owner_of(current, child) if isinstance(child, Call) else None
                if owner is not None and owner.place is not current:
                    yield owner
                for slot, _ in child.graphs():
                    deeper = self.scope.inside(current, child, slot)
                    pending += [deeper] if deeper else []

    def _declare(self, place: Place, node: Node, **fields: Any) -> ir.Declaration:
        fields |= {
            "location": place.location,
            "node": node.name,
            "comment": node.comment,
            "device": node.device,
        }
        names = made_names(self.names, place)
        if node.bypassed and place.sequential and not isinstance(node, Repeat):
            entry = catalog().get("torch.nn.Identity")
            assert entry is not None
            fields["comment"] = "\n".join(part for part in (node.comment, BYPASSED) if part)
            return ir.LayerDeclaration(entry=entry, options={}, **fields)
        match node:
            case Layer():
                entry = catalog().get(node.type)
                assert entry is not None  # nodes of unknown types are broken
                made = {name: spec for name, spec in specs_of(node.type).items() if not spec.forward}
                return ir.LayerDeclaration(entry=entry, options=settled(made, node.options, names), **fields)
            case Instance():
                return self._instance(node, names, fields)
            case Constant():
                value = _tensor(self.names.tensor(node.value))
                return ir.BufferDeclaration(value=value, persistent=node.persistent, **fields)
            case Parameter():
                value = _tensor(names.tensor(node.value), dtype="torch.float32")
                return ir.ParameterDeclaration(value=value, **fields)
            case Sequential():
                children = tuple(self._children(place, node))
                return ir.SequentialDeclaration(children=children, named=node.named, **fields)
            case Repeat():
                return ir.RepeatDeclaration(
                    count=self.count(place, node),
                    index=node.index,
                    shared=node.shared,
                    body=self._round(place, node),
                    **fields,
                )
            case Call():
                owner = self.scope.owner_of(place, node)
                assert owner is not None  # calls of nothing are broken
                return ir.SharedDeclaration(
                    owner_location=owner.place.location,
                    owner_node=owner.node.name,
                    source="" if owner.place is place else callee(self.scope, owner),
                    **fields,
                )
        raise TypeError(f"{type(node).__name__} owns nothing")

    def _instance(self, node: Instance, names: Names, fields: dict[str, Any]) -> ir.Declaration:
        specs = definition_options(self.scope.document.definitions.get(node.definition))
        # Those that must be given come first, as in the signature.
        specs = tuple(sorted(specs, key=lambda spec: not spec.required))
        values = {}
        for spec in specs:
            if spec.name in node.options and not is_default(spec, node.options[spec.name]):
                values[spec.name] = option_source(spec, names.value(spec.type, node.options[spec.name]))
        positional = sum(spec.required for spec in specs)
        return ir.InstanceDeclaration(definition=node.definition, values=values, positional=positional, **fields)

    def _children(self, place: Place, container: Sequential) -> Iterator[ir.Declaration]:
        inside = self.scope.inside(place, container, "body")
        if inside is not None:
            for index, child in enumerate(inside.graph.nodes.values()):
                yield self._declare(inside, child, name=child.name if container.named else str(index))

    def _round(self, place: Place, node: Repeat) -> ir.Declaration:
        """What one round of a Repeat in a Sequential is."""
        inside = self.scope.inside(place, node, "body")
        nodes = chain(node.body)
        assert inside is not None and nodes is not None  # others are broken
        if len(nodes) == 1:
            return self._declare(inside, nodes[0], name="")
        children = tuple(self._declare(inside, child, name=str(index)) for index, child in enumerate(nodes))
        return ir.SequentialDeclaration(name="", location=place.location, node=node.name, children=children)


def callee(scope: Scope, owner: Owner) -> str:
    """How an attribute of the class is reached: `self.hidden`, `self.layers[0]`, `self.conv[i]`; `self[i]` where
    the rounds are the members of the class itself."""
    rounds = () if isinstance(owner.node, Constant) else owner.place.rounds
    name = "" if rounds and is_number(owner.node.name) else reached(scope.attributes, owner.node.name)
    return f"self{name}" + "".join(f"[{repeat.index}]" for repeat in rounds)


def is_default(spec: OptionSpec, value: OptionValue) -> bool:
    """Whether a value is the one that stands for itself when it is not given."""
    return not spec.required and value == spec.default and isinstance(value, bool) == isinstance(spec.default, bool)


def count_source(count: OptionValue, names: Names) -> str:
    """The source of a number of rounds."""
    return names.option(count.text) if isinstance(count, Expression) else str(count)


def _tensor(source: str, dtype: str = "") -> str:
    """The source of a tensor: numbers and lists of numbers are made one, of that dtype if they have none."""
    tree = ast.parse(source, mode="eval").body
    calls = (part.func for part in ast.walk(tree) if isinstance(part, ast.Call))
    if any(isinstance(function, ast.Attribute) for function in calls):
        return source
    if isinstance(tree, ast.Constant) and isinstance(tree.value, float):
        dtype = ""
    return f"torch.tensor({source}, dtype={dtype})" if dtype else f"torch.tensor({source})"


def _outer(place: Place, rounds: tuple[Repeat, ...]) -> Iterator[tuple[Place, Repeat]]:
    """Each Repeat with the place that it stands at, outermost first."""
    found: Mapping[int, Place] = {id(here.container): here.parent for here in _upwards(place) if here.parent}
    for repeat in rounds:
        yield found[id(repeat)], repeat


def _upwards(place: Place | None) -> Iterator[Place]:
    while place is not None:
        yield place
        place = place.parent
