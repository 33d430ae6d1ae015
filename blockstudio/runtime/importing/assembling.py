"""The blocks of an import, put together as a document."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field
from torch import nn

from blockstudio.compiler.code import bound_names
from blockstudio.formats.import_report import Note
from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    CodeDefinition,
    Definition,
    Graph,
    If,
    Initializer,
    Instance,
    Node,
    OptionValue,
    copy_graph,
)
from blockstudio.graph.scopes import next_free
from blockstudio.runtime.importing import repeats
from blockstudio.runtime.importing.blocks import Block
from blockstudio.runtime.importing.choosing import Member
from blockstudio.runtime.importing.constructors import known_arguments
from blockstudio.runtime.importing.names import class_name
from blockstudio.runtime.importing.session import Session
from blockstudio.runtime.importing.skeletons import skeleton
from blockstudio.runtime.importing.slots import nodes_of
from blockstudio.runtime.importing.sources import renamed
from blockstudio.runtime.importing.tensors import VALUE, TensorValue
from blockstudio.runtime.importing.unify import unify
from blockstudio.runtime.importing.variants import merged

_Group = list[tuple[Block, Graph]]
"""Blocks with graphs of one skeleton."""


@define
class Assembler:
    """Turns blocks into definitions, those that others use first."""

    session: Session
    root: Block
    name: str
    definitions: dict[str, Definition | CodeDefinition] = field(factory=dict)
    resolved: dict[int, tuple[str, dict[str, OptionValue]]] = field(factory=dict)
    """By block, its definition and the options of its instances."""
    _sources: dict[tuple[str, str], str] = field(factory=dict)
    _helpers: set[str] = field(factory=set)
    """The names that the sources of blocks define besides their classes."""
    _imported: set[str] = field(factory=set)
    """Those that they import."""

    def assemble(self) -> Document:
        heights = self._heights()
        for number in heights:
            self._imported |= set(bound_names(self.session.blocks[number].source).imported)
        self.definitions[self.name] = Definition(self.name)  # keeps its name, and comes first
        for height in range(max(heights.values()) + 1):
            blocks = [self.session.blocks[number] for number, found in heights.items() if found == height]
            self._codes([block for block in blocks if block.kind == "code"])
            self._graphs([block for block in blocks if block.kind == "graph"])
        document = Document(self.name, self.definitions)
        for definition in self.definitions.values():
            if isinstance(definition, Definition):
                repeats.fold(document, definition.graph)
                _write_values(definition.graph)
        return document

    def _heights(self) -> dict[int, int]:
        """Every block that the root needs, with the length of the longest way down from it."""
        heights: dict[int, int] = {}
        pending = [self.root]
        while pending:
            block = pending[-1]
            children = [self.session.blocks[number] for number in _used(block.graph)]
            missing = [child for child in children if child.number not in heights]
            if missing:
                pending += missing
                continue
            heights[block.number] = 1 + max((heights[child.number] for child in children), default=-1)
            pending.pop()
        return heights

    # --- definitions ------------------------------------------------------------------------------------

    def _codes(self, blocks: Sequence[Block]) -> None:
        for block in blocks:
            key = (block.class_name, block.source)
            if key not in self._sources or block is self.root:
                name = self._sources[key] = self._name(block, block.class_name)
                self.definitions[name] = CodeDefinition(name, self._own_names(block, name))
            self.resolved[block.number] = (self._sources[key], dict(block.arguments))

    def _own_names(self, block: Block, name: str) -> str:
        """The source of a block, its class called `name`, and its helpers so that no two blocks have one name."""
        changed = {block.class_name: name} if name != block.class_name else {}
        helpers = [helper for helper in bound_names(block.source).defined if helper != block.class_name]
        for helper in helpers:
            taken = {*self._helpers, *self.definitions, *self._imported}
            if helper in taken:
                changed[helper] = next_free(f"{name}_{helper.strip('_')}", taken)
            self._helpers.add(changed.get(helper, helper))
        return renamed(block.source, changed) if changed else block.source

    def _graphs(self, blocks: Sequence[Block]) -> None:
        groups: dict[Any, dict[Any, _Group]] = {}
        for block in blocks:
            graph = self._resolve(copy_graph(block.graph))
            alike = (type(block.module), block.ties, block is self.root)
            groups.setdefault(alike, {}).setdefault(skeleton(graph), []).append((block, graph))
        merged = [group for variants in groups.values() for group in _merged(list(variants.values()))]
        counts = Counter(self.session.number(module) for module in self.session.tree.modules.values())
        order = sorted(merged, key=lambda group: -sum(counts[self.session.number(block.module)] for block, _ in group))
        for group in order:
            self._definition(group)

    def _definition(self, group: Sequence[tuple[Block, Graph]]) -> None:
        members = [
            Member(graph, block.module, known_arguments(block.module, self.session.arguments)) for block, graph in group
        ]
        unified = unify(members)
        block = group[0][0]
        name = self._name(block, type(block.module).__name__, unified.graph)
        self.definitions[name] = Definition(
            name, unified.graph, unified.hyper_parameters, initializers=_rules(block), doc=_doc(block.module)
        )
        for (member, _), values in zip(group, unified.values, strict=True):
            self.resolved[member.number] = (name, values)

    def _name(self, block: Block, wanted: str, graph: Graph | None = None) -> str:
        if block is self.root:
            return self.name
        name = class_name(wanted, {*self.definitions, *self._helpers, *self._imported})
        base = class_name(wanted, ())
        known = self.definitions.get(base)
        if name != base and graph is not None and isinstance(known, Definition):
            # Named after what it has and the other one has not.
            others = {way[-1] for way, _ in nodes_of(known.graph)}
            own = [node.name for node in graph.nodes.values() if not isinstance(node, If)]
            more = [node for node in own if node not in others and "." not in node]
            if len(more) == 1 and more[0].isidentifier():
                name = class_name(base + "".join(word.capitalize() for word in more[0].split("_")), self.definitions)
        return name

    def _resolve(self, graph: Graph) -> Graph:
        """Let Instances name definitions."""
        for name, node in list(graph.nodes.items()):
            if isinstance(node, Instance) and node.definition.startswith("#"):
                definition, options = self.resolved[int(node.definition[1:])]
                graph.nodes[name] = evolve(node, definition=definition, options=options)
            for _, inner in node.graphs():
                self._resolve(inner)
        return graph

    # --- notes --------------------------------------------------------------------------------------------

    def notes(self) -> Iterator[Note]:
        """What there is to say about the blocks in use, with the paths of their modules."""
        order = {path: index for index, path in enumerate(self.session.tree.modules)}
        paths: dict[int, list[str]] = {}
        for path, module in self.session.tree.modules.items():
            paths.setdefault(self.session.number(module), []).append(path)
        found: dict[tuple[Any, ...], tuple[Note, set[str]]] = {}
        for number in self.resolved:
            block = self.session.blocks[number]
            for note in block.notes:
                key = (note.code, type(block.module), repr(note.facts))
                found.setdefault(key, (note, set()))[1].update(paths.get(self.session.number(block.module), [""]))
        said = [(min(where, key=order.__getitem__), note, where) for note, where in found.values()]
        for path, note, where in sorted(said, key=lambda item: order[item[0]]):
            yield evolve(note, path=path, more=len(where) - 1)


def _merged(groups: Sequence[_Group]) -> list[_Group]:
    """Groups of one class, those that differ in a branch brought to one skeleton: the largest takes others in."""
    pending = sorted(groups, key=len, reverse=True)
    found: list[_Group] = []
    while pending:
        taken = [pending.pop(0)]
        forms = None
        for group in list(pending):
            more = merged([[graph for _, graph in each] for each in [*taken, group]])
            if more is not None:
                forms = more
                taken.append(group)
                pending.remove(group)
        graphs = forms or [[graph for _, graph in each] for each in taken]
        found.append(
            [
                (block, graph)
                for group, made in zip(taken, graphs, strict=True)
                for (block, _), graph in zip(group, made, strict=True)
            ]
        )
    return found


def _used(graph: Graph) -> set[int]:
    found = set()
    for node in graph.nodes.values():
        if isinstance(node, Instance):
            found.add(int(node.definition[1:]))
        for _, inner in node.graphs():
            found |= _used(inner)
    return found


def _rules(block: Block) -> list[Initializer]:
    """The rules that keep one what has two names."""
    rules = []
    for tie in block.ties:
        target, _, parameter = tie.target.rpartition(".") if tie.is_tensor else (tie.target, "", "")
        rules.append(Initializer(target=target, parameter=parameter, same_as=tie.source))
    return rules


def _write_values(graph: Graph) -> None:
    """Write the values of constants and parameters."""
    for name, node in list(graph.nodes.items()):
        value: TensorValue | None = node.extra.get(VALUE)
        if value is not None:
            extra: Mapping[str, Any] = {key: kept for key, kept in node.extra.items() if key != VALUE}
            graph.nodes[name] = _valued(node, value.source, extra)
        for _, inner in node.graphs():
            _write_values(inner)


def _valued(node: Node, source: str, extra: Mapping[str, Any]) -> Node:
    return evolve(node, value=source, extra=extra)  # type: ignore[call-arg]  # only nodes with a value come here


def _doc(module: nn.Module) -> str:
    """The first paragraph of a class's own docstring."""
    if type(module).__module__.startswith("torch.nn."):
        return ""
    text = inspect.cleandoc(type(module).__dict__.get("__doc__") or "")
    first = text.split("\n\n")[0].strip()[:500]
    return "" if first.startswith(("Args:", "Example inputs:")) else first  # which generated source may begin with
