"""Graphs of one class that differ in a branch or in the kind of a layer, brought to one form with Ifs."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

from attrs import define, evolve, field, frozen

from blockstudio.graph import topology
from blockstudio.graph.control_commands import TRAINING, VALUE
from blockstudio.graph.model import (
    BOUNDARY,
    Call,
    Constant,
    Endpoint,
    Function,
    Graph,
    If,
    Layer,
    Node,
    Parameter,
    Port,
    copy_graph,
)
from blockstudio.runtime.importing.names import Names, snake
from blockstudio.runtime.importing.skeletons import bone, skeleton

OTHER = "other"
"""The key of a node's `extra` in the branch that a member has not: its options are nobody's."""
CONDITION = "condition"
SMALLEST = 0.75
"""What is made of several graphs may have so many nodes at most, as a share of what they have together."""

_Item = tuple[Hashable, ...]
_Sources = tuple[Endpoint | None, ...]
"""What feeds something in each of the graphs."""


def merged(groups: Sequence[Sequence[Graph]]) -> list[list[Graph]] | None:
    """The graphs of each group in one form, so that all have one skeleton; None where that would be no gain.

    Those of one group have one skeleton already. What all have in common stays as it is, the rest goes into
    Ifs; their conditions compare whether the graph is one of those that have `then` with True.
    """
    firsts = [group[0] for group in groups]
    if any(_ports(graph) != _ports(firsts[0]) for graph in firsts):
        return None
    return _formed(Merge(firsts), groups)


def _ports(graph: Graph) -> list[list[str]]:
    return [[port.name for port in ports] for ports in (graph.inputs, graph.outputs)]


def in_modes(trained: Graph, evaluated: Graph) -> Graph | None:
    """The graphs of a module in training and in evaluation in one, with Ifs on the mode; None where that cannot be."""
    found = _formed(Merge([trained, evaluated], by_mode=True), [[trained], [evaluated]])
    return found[0][0] if found else None


def _formed(merge: Merge, groups: Sequence[Sequence[Graph]]) -> list[list[Graph]] | None:
    found = _tried(merge, groups)
    return _tried(merge, groups) if found is None and merge.leave_functions() else found


def _tried(merge: Merge, groups: Sequence[Sequence[Graph]]) -> list[list[Graph]] | None:
    choices = merge.choices()
    if choices is None or not (merge.by_mode or _is_gain(merge, choices)):
        return None
    for base in range(len(groups)):
        order = merge.order(choices, base)
        found = [[merge.form(graph, index, choices, order) for graph in group] for index, group in enumerate(groups)]
        if not topology.tangles(found[0][0]) and all(
            _run(forms[0], index, choices) == _run(group[0], index, ())
            for index, (forms, group) in enumerate(zip(found, groups, strict=True))
        ):
            return found
    return None


@frozen
class Choice:
    """An If to be: which graphs have `then`, what goes in, and what comes out in each graph."""

    name: str
    has_then: tuple[bool, ...]
    nodes: tuple[tuple[str, ...], ...]
    """The nodes of its branch in each graph, in their order."""
    inputs: dict[Endpoint, str]
    outputs: dict[_Sources, str]

    def branch(self, graph: Graph, index: int) -> Graph:
        """What goes into the If of the graph with that number."""
        found = Graph([Port(name) for name in self.inputs.values()], [Port(name) for name in self.outputs.values()])
        whole = copy_graph(graph)
        found.nodes = {name: whole.nodes[name] for name in self.nodes[index]}
        for name in found.nodes:
            for source, target in graph.edges_into(name):
                found.connect(target, self._inside(source))
        for sources, port in self.outputs.items():
            given = sources[index]
            assert given is not None
            found.connect(Endpoint(BOUNDARY, port), self._inside(given))
        return found

    def _inside(self, source: Endpoint) -> Endpoint:
        return Endpoint(BOUNDARY, self.inputs[source]) if source in self.inputs else source


@define
class Merge:
    """What graphs have in common, and what not.

    They are those of several modules, or of one module in training and in evaluation: `by_mode`.
    """

    graphs: Sequence[Graph]
    by_mode: bool = False
    common: set[str] = field(init=False)
    unsteady: dict[Endpoint, _Sources] = field(init=False)
    """What stays, but is not fed by the same everywhere."""
    _parents: dict[_Item, _Item] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        first, *others = self.graphs
        self.common = {
            name
            for name, node in first.nodes.items()
            if all(name in graph.nodes and self._is_same(graph.nodes[name], node) for graph in others)
        }
        # A call of a layer is where the layer is.
        self.common -= {n.name for n in first.nodes.values() if isinstance(n, Call) and n.layer not in self.common}
        self.unsteady = self._unsteady()

    def _is_same(self, one: Node, other: Node) -> bool:
        """Whether a node can be what both of two are; of members numbers may differ."""
        if self.by_mode and isinstance(one, Layer | Function):
            return one == other
        return bone(one) == bone(other)

    def leave_functions(self) -> bool:
        """Take functions that are fed by others for others, though they have one name; whether there are any."""
        first = self.graphs[0]
        fed = {target.node for target in self.unsteady if target.node}
        functions = {name for name in fed if isinstance(first.nodes[name], Function)}
        self.common -= functions
        self.unsteady = self._unsteady()
        self._parents.clear()
        return bool(functions)

    def choices(self) -> list[Choice] | None:
        """The Ifs that are needed; None where there is more to choose from than two branches."""
        for index, graph in enumerate(self.graphs):
            for name in graph.nodes:
                if name not in self.common:
                    self._bind(index, graph, name)
        for target, sources in self.unsteady.items():
            self._join(("target", target), ("sources", sources))
            for item in self._items(sources):
                self._join(("target", target), item)
        groups: dict[_Item, list[_Item]] = {}
        for item in list(self._parents):
            groups.setdefault(self._root(item), []).append(item)
        names = Names({name for graph in self.graphs for name in graph.nodes})
        found = [self._choice(set(items), names) for items in groups.values()]
        if not found or None in found:
            return None
        return [choice for choice in found if choice is not None]

    def _unsteady(self) -> dict[Endpoint, _Sources]:
        targets = dict.fromkeys(
            target
            for graph in self.graphs
            for target in graph.edges
            if target.node in self.common or target.node == BOUNDARY
        )
        found = {target: tuple(graph.edges.get(target) for graph in self.graphs) for target in targets}
        return {target: sources for target, sources in found.items() if len(set(sources)) > 1 or self._items(sources)}

    def _items(self, sources: _Sources) -> list[_Item]:
        return [
            (index, source.node)
            for index, source in enumerate(sources)
            if source is not None and source.node and source.node not in self.common
        ]

    def _bind(self, index: int, graph: Graph, name: str) -> None:
        """Let a node that is not in all graphs be in one If with what belongs to it."""
        self._root((index, name))
        for other, graph_ in enumerate(self.graphs):
            if name in graph_.nodes:
                self._join((index, name), (other, name))
        node = graph.nodes[name]
        if isinstance(node, Call) and node.layer not in self.common:
            self._join((index, name), (index, node.layer))
        for source, _ in graph.edges_into(name):
            if source.node and source.node not in self.common:
                self._join((index, name), (index, source.node))

    def _root(self, item: _Item) -> _Item:
        parent = self._parents.setdefault(item, item)
        while parent != item:
            item, parent = parent, self._parents[parent]
        return item

    def _join(self, one: _Item, other: _Item) -> None:
        self._parents[self._root(one)] = self._root(other)

    def _choice(self, items: set[_Item], names: Names) -> Choice | None:
        nodes = tuple(
            tuple(name for name in graph.nodes if (index, name) in items) for index, graph in enumerate(self.graphs)
        )
        fed = [sources for target, sources in self.unsteady.items() if ("target", target) in items]
        if any(source is None for sources in fed for source in sources):
            return None
        owned = [n for graph, inside in zip(self.graphs, nodes, strict=True) for n in inside if _owns(graph.nodes[n])]
        if not self.by_mode and any(name[0].isdigit() or "." in name for name in owned):
            return None  # members of a list are there or not all at once
        inputs: dict[Endpoint, None] = {}
        for index, (graph, inside) in enumerate(zip(self.graphs, nodes, strict=True)):
            feeding = [source for name in inside for source, _ in graph.edges_into(name)]
            feeding += [source for sources in fed if (source := sources[index]) is not None]
            inputs |= dict.fromkeys(source for source in feeding if source.node not in inside)
        first = next((name for inside in sorted(nodes, key=len, reverse=True) for name in inside), "")
        ins, outs = Names(name for inside in nodes for name in inside), Names()
        choice = Choice(
            names.fresh(f"{first.replace('.', '_')}_choice" if first and not first[0].isdigit() else "choice"),
            (),
            nodes,
            {source: ins.fresh(source.node.replace(".", "_") or source.port) for source in inputs},
            {sources: outs.fresh("output") for sources in dict.fromkeys(fed)},
        )
        if self.by_mode:
            return evolve(choice, has_then=(True, False))
        branches = [choice.branch(graph, index) for index, graph in enumerate(self.graphs)]
        kinds: dict[Hashable, int] = {}
        for branch in branches:
            kinds.setdefault(skeleton(branch), _size(branch))
        if len(kinds) != 2 or not choice.outputs:
            return None
        larger = max(kinds, key=kinds.__getitem__)
        return evolve(choice, has_then=tuple(skeleton(branch) == larger for branch in branches))

    # --- the form -----------------------------------------------------------------------------------------

    def order(self, choices: Sequence[Choice], base: int) -> list[str]:
        """The nodes in the order of one of the graphs, each If where the first of its nodes is."""
        places = {name: choice.name for choice in choices for name in choice.nodes[base]}
        found = dict.fromkeys(places.get(name, name) for name in self.graphs[base].nodes)
        for choice in choices:
            if choice.name not in found:
                found[choice.name] = None
        return list(found)

    def form(self, graph: Graph, index: int, choices: Sequence[Choice], order: Sequence[str]) -> Graph:
        """A graph of the group with that number in the form of all."""
        found = Graph(list(graph.inputs), list(graph.outputs))
        ifs = {choice.name: self.if_of(choice, graph, index) for choice in choices}
        whole = copy_graph(graph)
        found.nodes = {name: ifs.get(name) or whole.nodes[name] for name in order}
        for target, source in graph.edges.items():
            if target.node in self.common or target.node == BOUNDARY:
                found.connect(target, source)
        for choice in choices:
            for target, sources in self.unsteady.items():
                if sources in choice.outputs:
                    found.connect(target, Endpoint(choice.name, choice.outputs[sources]))
            for source, port in choice.inputs.items():
                found.connect(Endpoint(choice.name, port), source)
        return found

    def if_of(self, choice: Choice, graph: Graph, index: int) -> If:
        """The If of a choice: of what a graph has not, another one's branch."""
        has_then = choice.has_then[index]
        another = choice.has_then.index(not has_then)
        mine, other = choice.branch(graph, index), choice.branch(self.graphs[another], another)
        if not self.by_mode:
            _blank(other)
        then, otherwise = (mine, other) if has_then else (other, mine)
        condition = Graph([Port(name) for name in choice.inputs.values()], [Port(CONDITION)])
        more = [name for name in then.nodes if name not in otherwise.nodes]
        more = more or [_word(node) for node in then.nodes.values() if not isinstance(node, Call)] or [choice.name]
        name = f"with_{more[0].replace('.', '_')}"
        test = Function(name=name, type="operator.eq", options={"input": has_then, "other": True})
        if self.by_mode:
            test = Function(name=TRAINING, type=TRAINING)
        condition.nodes[test.name] = test
        condition.connect(Endpoint(BOUNDARY, CONDITION), Endpoint(test.name, "output"))
        return If(name=choice.name, condition=condition, then=then, otherwise=otherwise)


def _owns(node: Node) -> bool:
    return not isinstance(node, Function | Call)


def _word(node: Node) -> str:
    kind = node.type if isinstance(node, Layer | Function) else getattr(node, "definition", node.name)
    return snake(kind.rpartition(".")[2].strip("_"))


def _blank(graph: Graph) -> Graph:
    """A graph with all its nodes marked as nobody's."""
    for name, node in graph.nodes.items():
        for _, inner in node.graphs():
            _blank(inner)
        graph.nodes[name] = evolve(node, extra={**node.extra, OTHER: True})
    return graph


def _is_gain(merge: Merge, choices: Sequence[Choice]) -> bool:
    """Whether one definition is less to read than several."""
    separate = sum(map(_size, merge.graphs))
    whole = sum(_size_of(merge.graphs[0].nodes[name]) for name in merge.common)
    for choice in choices:
        one, other = choice.has_then.index(True), choice.has_then.index(False)
        whole += 1 + sum(_size(choice.branch(merge.graphs[index], index)) for index in (one, other))
    conditions = {choice.has_then for choice in choices}
    return whole <= SMALLEST * separate and len(conditions) < len(merge.graphs)


def _size(graph: Graph) -> int:
    return sum(map(_size_of, graph.nodes.values()))


def _size_of(node: Node) -> int:
    return 1 + sum(_size(inner) for _, inner in node.graphs())


def _run(graph: Graph, index: int, choices: Iterable[Choice]) -> list[str]:
    """The nodes in the order in which they run, those left out of which it is of no consequence."""
    chosen = {choice.name: choice.has_then[index] for choice in choices}
    return list(_ran(graph, chosen))


def _ran(graph: Graph, chosen: dict[str, bool]) -> Iterator[str]:
    for node in topology.ordered(graph):
        if isinstance(node, If) and node.name in chosen:
            yield from _ran(node.then if chosen[node.name] else node.otherwise, chosen)
        elif not (isinstance(node, Constant | Parameter) or (isinstance(node, Function) and node.type == VALUE)):
            yield node.name
