"""Renaming definitions and hyper-parameters with every use of them, and setting what a definition holds."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from blockstudio.errors import EditError, mark
from blockstudio.graph import expressions
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import (
    Batch,
    ChangeDefinition,
    ChangeDocument,
    Edit,
    RenameDefinition,
    SetNode,
)
from blockstudio.graph.model import (
    OLD_VALUE,
    Expression,
    Function,
    HyperParameter,
    Initializer,
    Instance,
    Layer,
    OptionValue,
)
from blockstudio.graph.rewriting import map_expressions, map_value
from blockstudio.graph.scopes import next_free, users_of


def rename_definition(document: Document, old: str, new: str) -> Edit:
    """Rename a definition and every use of it; the root stays the root."""
    if not expressions.is_identifier(new):
        raise EditError(
            mark("“{name}” is not a name: use letters, digits and underscores, not starting with a digit."),
            path=old,
            name=new,
        )
    if old == new:
        return Batch(())
    uses = [(place, node) for place, node in users_of(document, old)]
    edits: list[Edit] = [RenameDefinition(old, new)]
    for place, node in uses:
        here = Location(new, place.steps) if place.definition == old else place
        edits.append(SetNode(here, evolve(node, definition=new)))
    if document.root == old:
        edits.append(ChangeDocument({"root": new}))
    return Batch(tuple(edits))


def set_initializers(document: Document, definition: str, rules: Sequence[Initializer]) -> Edit:
    """Replace the initialiser rules of a definition."""
    document.definition(definition)
    return ChangeDefinition(definition, {"initializers": list(rules)})


def set_hyper_parameters(document: Document, definition: str, parameters: Sequence[HyperParameter]) -> Edit:
    """Replace the hyper-parameters of a definition; instances drop values of those that are gone."""
    kept = {parameter.name for parameter in parameters}
    gone = {parameter.name for parameter in document.definition(definition).hyper_parameters} - kept
    edits: list[Edit] = [ChangeDefinition(definition, {"hyper_parameters": list(parameters)})]
    for place, node in users_of(document, definition):
        if gone & set(node.options):
            options = {key: value for key, value in node.options.items() if key not in gone}
            edits.append(SetNode(place, evolve(node, options=options)))
    return Batch(tuple(edits))


def rename_hyper_parameter(document: Document, definition: str, old: str, new: str) -> Edit:
    """Rename a hyper-parameter, in the expressions of its definition and in every instance."""
    found = document.definition(definition)
    if not expressions.is_identifier(new):
        raise EditError(
            mark("“{name}” is not a name: use letters, digits and underscores, not starting with a digit."),
            path=definition,
            name=new,
        )
    if any(parameter.name == new for parameter in found.hyper_parameters):
        raise EditError(mark("The name “{name}” is taken."), path=definition, name=new)

    def renamed_in(value: OptionValue) -> OptionValue:
        return map_value(value, lambda text: expressions.rename(text, old, new))

    parameters = [
        evolve(p, name=new if p.name == old else p.name, default=expressions.rename(p.default, old, new))
        for p in found.hyper_parameters
    ]
    rules = [
        evolve(
            rule,
            arguments={key: renamed_in(value) for key, value in rule.arguments.items()},
            expression=expressions.rename(rule.expression, old, new) if old != OLD_VALUE else rule.expression,
            index=expressions.rename_in_index(rule.index, old, new),
        )
        for rule in found.initializers
    ]
    edits: list[Edit] = [ChangeDefinition(definition, {"hyper_parameters": parameters, "initializers": rules})]
    for place, graph in document.walk(Location(definition)):
        for node in graph.nodes.values():
            renamed = map_expressions(node, lambda text: expressions.rename(text, old, new))
            if renamed != node:
                edits.append(SetNode(place, renamed))
    for place, user in users_of(document, definition):
        if old in user.options:
            current = next(
                (e.node for e in edits if isinstance(e, SetNode) and e.node.name == user.name and e.location == place),
                user,
            )
            assert isinstance(current, Instance)
            options = {new if key == old else key: value for key, value in current.options.items()}
            edits.append(SetNode(place, evolve(current, options=options)))
    return Batch(tuple(edits))


def expose_option(
    document: Document, location: Location, name: str, option: str, value: OptionValue
) -> tuple[Edit, str]:
    """Make an option of a node a hyper-parameter of its definition, its value the default; returns the name."""
    definition = document.definition(location.definition)
    node = document.node(location, name)
    if not isinstance(node, Layer | Function | Instance):
        raise EditError(mark("“{name}” has no options."), path=location.path(name), name=name)
    default = value.text if isinstance(value, Expression) else repr(value)
    if isinstance(value, Expression) and expressions.names_in(default):
        raise EditError(mark("“{option}” follows hyper-parameters already."), path=location.path(name), option=option)
    taken = {parameter.name for parameter in definition.hyper_parameters}
    wanted = option if option not in taken else f"{name}_{option}"
    new = next_free(wanted if expressions.is_identifier(wanted) else option, taken)
    parameters = [*definition.hyper_parameters, HyperParameter(new, default)]
    options = {**node.options, option: Expression(new)}
    return Batch(
        (
            ChangeDefinition(definition.name, {"hyper_parameters": parameters}),
            SetNode(location, evolve(node, options=options)),
        )
    ), new
