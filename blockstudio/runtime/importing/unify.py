"""Graphs that differ in numbers only, made one definition with hyper-parameters for those numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, evolve

from blockstudio.graph.model import Expression, Graph, HyperParameter, Node, OptionValue, copy_graph, copy_node
from blockstudio.runtime.importing.choosing import Chooser, Member
from blockstudio.runtime.importing.deciding import write_conditions
from blockstudio.runtime.importing.slots import Slot, Way, columns, nodes_of, value_of
from blockstudio.runtime.importing.tensors import VALUE, TensorValue
from blockstudio.runtime.importing.variants import OTHER


@define
class Unified:
    """One graph for all members, its hyper-parameters, and their values for each member."""

    graph: Graph
    hyper_parameters: list[HyperParameter]
    values: list[dict[str, OptionValue]]


def unify(members: Sequence[Member]) -> Unified:
    """One graph for graphs of the same skeleton."""
    if len(members) == 1:
        return Unified(members[0].graph, [], [{}])
    graphs = [member.graph for member in members]
    chooser = Chooser(members, columns(graphs))
    chooser.choose()
    graph = copy_graph(graphs[0])
    _fill(graph, (), [dict(nodes_of(other)) for other in graphs])
    _replace(graph, (), chooser.texts)
    write_conditions(graph)
    hyper_parameters = [HyperParameter(name, chooser.defaults.get(name, "")) for name in chooser.names]
    values = [{name: column[index] for name, column in chooser.names.items()} for index in range(len(members))]
    return Unified(graph, hyper_parameters, values)


def _fill(graph: Graph, way: Way, members: Sequence[Mapping[Way, Node]]) -> None:
    """Put nodes of those that have them where the graph has another's."""
    for name, node in list(graph.nodes.items()):
        here = (*way, name)
        if OTHER in node.extra:
            known = [nodes[here] for nodes in members if OTHER not in nodes[here].extra]
            node = graph.nodes[name] = copy_node(known[0])
        for slot, inner in node.graphs():
            _fill(inner, (*here, slot), members)


def _replace(graph: Graph, way: Way, texts: Mapping[Slot, str]) -> None:
    """Put expressions where the slots have any."""
    for name, node in list(graph.nodes.items()):
        here = (*way, name)
        mine = {slot: text for slot, text in texts.items() if slot.way == here}
        if mine and VALUE in node.extra:
            value: TensorValue = node.extra[VALUE]
            sizes = tuple(
                Expression(mine[Slot(here, "", index)]) if Slot(here, "", index) in mine else size
                for index, size in enumerate(value.sizes)
            )
            graph.nodes[name] = evolve(node, extra={**node.extra, VALUE: evolve(value, sizes=sizes)})
        elif mine:
            options = dict(node.options)  # type: ignore[attr-defined]  # only options vary, but for values
            for slot, text in mine.items():
                if slot.index is None:
                    options[slot.option] = Expression(text)
                else:
                    whole = list(options.get(slot.option, value_of(node, slot.option)))
                    whole[slot.index] = Expression(text)
                    options[slot.option] = tuple(whole)
            graph.nodes[name] = evolve(node, options=options)  # type: ignore[call-arg]  # as above
        for slot_name, inner in node.graphs():
            _replace(inner, (*here, slot_name), texts)
