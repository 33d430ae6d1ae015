"""Definitions taken from one document into another with all they need, clashes of names resolved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from blockstudio.errors import EditError, mark
from blockstudio.graph import topology
from blockstudio.graph.document import Document
from blockstudio.graph.edits import AddDefinition, Batch, ChangeDocument, Edit
from blockstudio.graph.model import CodeDefinition, Definition, Graph, Instance, Node, copy_graph
from blockstudio.graph.scopes import next_free

AnyDefinition = Definition | CodeDefinition


@frozen
class Borrowed:
    """What taking definitions over does, and what each of them is called here."""

    edit: Edit
    names: Mapping[str, str]

    @property
    def renamed(self) -> dict[str, str]:
        """Those that go by another name here, because theirs means something else already."""
        return {old: new for old, new in self.names.items() if old != new}


def borrow(document: Document, source: Document, wanted: Iterable[str]) -> Borrowed:
    """Take definitions of another document over, and whatever they need: definitions and initialiser functions.

    What is here already with the same content is used as it is; what has the name of something else gets a new one.
    """
    needed = closure(source, wanted)
    functions = _functions_used(needed, source)
    function_names = _function_names(document, functions)
    definitions = [_with_functions(copied(definition), function_names) for definition in needed]
    names = landing_names(document, definitions)
    edits: list[Edit] = []
    brought = {function_names[name]: _renamed(text, name, function_names[name]) for name, text in functions.items()}
    new = {name: text for name, text in brought.items() if name not in document.functions}
    if new:
        edits.append(ChangeDocument({"functions": {**document.functions, **new}}))
    return Borrowed(Batch((*edits, *added(document, definitions, names))), names)


def extract(document: Document, name: str) -> Document:
    """A document of its own for a definition and what it needs, the definition its root."""
    needed = closure(document, [name])
    functions = _functions_used(needed, document)
    return Document(name, {definition.name: copied(definition) for definition in needed}, functions)


def closure(document: Document, wanted: Iterable[str]) -> list[AnyDefinition]:
    """Definitions with all they hold instances of, each after those it needs; EditError when one is missing."""
    names = list(wanted)
    for name in names:
        if name not in document.definitions:
            raise EditError(mark("There is no block named “{name}”."), name=name)
    return _behind_what_they_need(document.definitions, names)


def _behind_what_they_need(known: Mapping[str, AnyDefinition], wanted: Iterable[str]) -> list[AnyDefinition]:
    found: dict[str, AnyDefinition] = {}
    under_way: set[str] = set()  # damaged files close circles
    pending = list(wanted)[::-1]
    while pending:
        name = pending[-1]
        needed = [] if name in under_way else [used for used in _uses(known[name]) if used in known]
        under_way.add(name)
        missing = [used for used in needed if used not in under_way]
        if missing:
            pending += reversed(missing)
        else:
            found.setdefault(name, known[name])
            pending.pop()
    return list(found.values())


def landing_names(document: Document, definitions: Collection[AnyDefinition], *, fresh: bool = False) -> dict[str, str]:
    """What each of some definitions is called in a document: its own name where that is free, or where the one of
    that name here has the same content, and so has all it needs; `fresh`: never one that is here already."""
    coming = {definition.name: definition for definition in definitions}
    taken = {*document.definitions, *coming}
    names: dict[str, str] = {}

    for definition in _behind_what_they_need(coming, coming):
        as_they_were = all(names.get(used, used) == used for used in _uses(definition))
        here = document.definitions.get(definition.name)
        names[definition.name] = definition.name
        if here is not None and (fresh or not as_they_were or not same_content(here, definition)):
            names[definition.name] = next_free(definition.name, taken)
            taken.add(names[definition.name])
    return {name: names[name] for name in coming}


def added(document: Document, definitions: Iterable[AnyDefinition], names: Mapping[str, str]) -> list[Edit]:
    """The edits that add definitions under the names they are to have, each after those it holds instances of."""
    coming = {d.name: d for d in definitions if names[d.name] not in document.definitions}
    ordered = _behind_what_they_need(coming, coming)
    return [AddDefinition(renamed_definition(definition, names)) for definition in ordered]


def same_content(one: AnyDefinition, other: AnyDefinition) -> bool:
    """Whether two definitions mean the same, wherever their nodes stand on the canvas."""
    return _meaning(one) == _meaning(other)


def _meaning(definition: AnyDefinition) -> AnyDefinition:
    if isinstance(definition, CodeDefinition):
        return evolve(definition, extra={})
    return evolve(definition, graph=_unplaced(definition.graph), extra={})


def _unplaced(graph: Graph) -> Graph:
    plain = copy_graph(graph)
    plain.notes, plain.routes, plain.bookmarks, plain.extra, plain.down = {}, {}, {}, {}, False
    for ports in (plain.inputs, plain.outputs):
        ports[:] = [evolve(port, position=(0.0, 0.0), extra={}) for port in ports]
    for name, node in plain.nodes.items():
        inner: dict[str, Any] = {slot: _unplaced(body) for slot, body in node.graphs()}
        plain.nodes[name] = evolve(node, position=(0.0, 0.0), color="", expanded=False, extra={}, **inner)
    return plain


def copied(definition: AnyDefinition) -> AnyDefinition:
    """A copy that shares no mutable part with the original."""
    if isinstance(definition, CodeDefinition):
        return evolve(definition, extra=dict(definition.extra))
    return evolve(
        definition,
        graph=copy_graph(definition.graph),
        hyper_parameters=list(definition.hyper_parameters),
        initializers=list(definition.initializers),
        extra=dict(definition.extra),
    )


def renamed_definition(definition: AnyDefinition, names: Mapping[str, str]) -> AnyDefinition:
    """A definition under the name it is to have, with what it uses under theirs."""
    new = names[definition.name]
    if isinstance(definition, CodeDefinition):
        source = definition.source.replace(f"class {definition.name}(", f"class {new}(")
        return evolve(definition, name=new, source=source)
    graph = copy_graph(definition.graph)
    for name, node in graph.nodes.items():
        graph.nodes[name] = with_definitions(node, names)
    rules = [evolve(rule, layer_type=names.get(rule.layer_type, rule.layer_type)) for rule in definition.initializers]
    return evolve(definition, name=new, graph=graph, initializers=rules)


def with_definitions(node: Node, names: Mapping[str, str]) -> Node:
    """A node with the definitions of the instances in it under other names; changes graphs inside it in place."""
    if isinstance(node, Instance):
        return evolve(node, definition=names.get(node.definition, node.definition))
    for _, graph in node.graphs():
        for name, inner in graph.nodes.items():
            graph.nodes[name] = with_definitions(inner, names)
    return node


def _uses(definition: AnyDefinition) -> Iterator[str]:
    if isinstance(definition, Definition):
        for instance in topology.instances_in(definition.graph):
            yield instance.definition


# --- initialiser functions ------------------------------------------------------------------------


def _functions_used(definitions: Iterable[AnyDefinition], source: Document) -> dict[str, str]:
    used = {
        rule.function
        for definition in definitions
        if isinstance(definition, Definition)
        for rule in definition.initializers
    }
    return {name: text for name, text in source.functions.items() if name in used}


def _function_names(document: Document, functions: Mapping[str, str]) -> dict[str, str]:
    taken = {*document.functions, *functions}
    names = {}
    for name, text in functions.items():
        names[name] = name if document.functions.get(name, text) == text else next_free(name, taken)
        taken.add(names[name])
    return names


def _renamed(text: str, old: str, new: str) -> str:
    return text.replace(f"def {old}(", f"def {new}(")


def _with_functions(definition: AnyDefinition, names: Mapping[str, str]) -> AnyDefinition:
    if isinstance(definition, CodeDefinition) or all(old == new for old, new in names.items()):
        return definition
    rules = [evolve(rule, function=names.get(rule.function, rule.function)) for rule in definition.initializers]
    return evolve(definition, initializers=rules)
