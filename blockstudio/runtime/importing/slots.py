"""The numbers in graphs of one skeleton, side by side."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from attrs import evolve, frozen

from blockstudio.graph.model import Function, Graph, Instance, Layer, Node
from blockstudio.runtime.importing.skeletons import specs
from blockstudio.runtime.importing.tensors import VALUE
from blockstudio.runtime.importing.variants import OTHER

Way = tuple[str, ...]
"""The names on the way to a node: of nodes and the slots of their graphs."""


@frozen
class Slot:
    """A number in a graph: an option, an element of one, or the size of a tensor (option "")."""

    way: Way
    option: str
    index: int | None = None


def strict(value: Any) -> Hashable:
    """A value that is equal to those of its type only."""
    return (type(value), tuple(map(strict, value)) if isinstance(value, tuple) else value)


@frozen
class Anything:
    """Stands for a value that nobody has: that of a member in a branch that is another's."""


ANYTHING = Anything()


def said(values: Sequence[Any]) -> list[Any]:
    """The values that somebody has."""
    return [value for value in values if value is not ANYTHING]


def columns(graphs: Sequence[Graph]) -> dict[Slot, tuple[Any, ...]]:
    """The values at each slot, one for each graph."""
    found: dict[Slot, tuple[Any, ...]] = {}
    all_nodes = [dict(nodes_of(graph)) for graph in graphs]
    for way, first in all_nodes[0].items():
        nodes = [nodes[way] for nodes in all_nodes]
        if VALUE in first.extra:
            sizes = [ANYTHING if OTHER in node.extra else node.extra[VALUE].sizes for node in nodes]
            found |= _each(Slot(way, ""), sizes)
        elif isinstance(first, Layer | Function | Instance):
            names = dict.fromkeys(name for node in nodes for name in node.options)  # type: ignore[attr-defined]  # all are alike
            for name in names:
                found |= _each(Slot(way, name), [value_of(node, name) for node in nodes])
    return found


def _each(slot: Slot, values: Sequence[Any]) -> Iterator[tuple[Slot, tuple[Any, ...]]]:
    """A column; for tuples of one length, one for each place in them."""
    lengths = {len(value) if isinstance(value, tuple) else -1 for value in said(values)}
    if len(lengths) != 1 or -1 in lengths:
        yield slot, tuple(values)
        return
    for index in range(lengths.pop()):
        yield evolve(slot, index=index), tuple(v if v is ANYTHING else v[index] for v in values)


def value_of(node: Any, name: str) -> Any:
    """The value of an option of a node, its default where it is not given."""
    if OTHER in node.extra:
        return ANYTHING
    if name in node.options:
        return node.options[name]
    if isinstance(node, Instance):
        return ANYTHING
    return specs(node)[name].when_unset


def nodes_of(graph: Graph, way: Way = ()) -> Iterator[tuple[Way, Node]]:
    """Every node of a graph and of the graphs in it, with the way to it."""
    for node in graph.nodes.values():
        here = (*way, node.name)
        yield here, node
        for slot, inner in node.graphs():
            yield from nodes_of(inner, (*here, slot))
