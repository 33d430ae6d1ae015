"""Graphs that differ in numbers only, made one definition with hyper-parameters for those numbers."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field, frozen
from torch import nn

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.spec import OptionSpec, Required
from blockstudio.compiler.naming import LOCAL_RESERVED, MODULE_ATTRIBUTES, is_plain
from blockstudio.graph.model import (
    Expression,
    Function,
    Graph,
    HyperParameter,
    Instance,
    Layer,
    Node,
    OptionValue,
    copy_graph,
)
from blockstudio.runtime.importing.tensors import VALUE, TensorValue

_FIXED_TYPES = ("index", "tensor")

Way = tuple[str, ...]
"""The names on the way to a node: of nodes and the slots of their graphs."""


@frozen
class Slot:
    """A number in a graph: an option, an element of one, or the size of a tensor (option "")."""

    way: Way
    option: str
    index: int | None = None


@define
class Member:
    """A graph with Instances that name their definitions, and the module it was made from."""

    graph: Graph
    module: nn.Module
    arguments: Mapping[str, Any]
    """What the module was constructed with, as far as that is known."""


@define
class Unified:
    """One graph for all members, its hyper-parameters, and their values for each member."""

    graph: Graph
    hyper_parameters: list[HyperParameter]
    values: list[dict[str, OptionValue]]


def skeleton(graph: Graph) -> Hashable:
    """What graphs must have in common to become one."""
    return (
        tuple(port.name for port in graph.inputs),
        tuple(port.name for port in graph.outputs),
        tuple(graph.edges.items()),
        tuple(_bone(node) for node in graph.nodes.values()),
    )


def _bone(node: Node) -> Hashable:
    fixed: Hashable = ()
    if isinstance(node, Layer | Function):
        specs = _specs(node)
        fixed = (node.type, tuple((n, v) for n, v in node.options.items() if n in specs and _is_fixed(specs[n])))
    elif isinstance(node, Instance):
        fixed = (node.definition, tuple(node.options))
    elif VALUE in node.extra:
        value: TensorValue = node.extra[VALUE]
        fixed = (value.text if value.exact else "", len(value.sizes), getattr(node, "persistent", None))
    else:
        fixed = tuple(repr(getattr(node, name, None)) for name in ("layer", "named", "count", "shared", "index"))
    return (node.kind, node.name, fixed, tuple((slot, skeleton(inner)) for slot, inner in node.graphs()))


def _is_fixed(spec: OptionSpec) -> bool:
    return spec.literal or spec.type in _FIXED_TYPES


def _specs(node: Layer | Function) -> Mapping[str, OptionSpec]:
    entry = catalog().get(node.type)
    return {option.name: option for option in entry.options} if entry else {}


def unify(members: Sequence[Member]) -> Unified:
    """One graph for graphs of the same skeleton."""
    if len(members) == 1:
        return Unified(members[0].graph, [], [{}])
    columns = {
        slot: values
        for slot, values in _columns([member.graph for member in members]).items()
        if any(_strict(value) != _strict(values[0]) for value in values)
    }
    chooser = _Chooser(members, columns)
    chooser.choose()
    graph = copy_graph(members[0].graph)
    _replace(graph, (), chooser.texts)
    hyper_parameters = [HyperParameter(name, chooser.defaults.get(name, "")) for name in chooser.names]
    values = [{name: column[index] for name, column in chooser.names.items()} for index in range(len(members))]
    return Unified(graph, hyper_parameters, values)


def _strict(value: Any) -> Hashable:
    return (type(value), tuple(map(_strict, value)) if isinstance(value, tuple) else value)


# --- slots --------------------------------------------------------------------------------------------------


def _columns(graphs: Sequence[Graph]) -> dict[Slot, tuple[Any, ...]]:
    """The values at each slot, one for each graph."""
    found: dict[Slot, tuple[Any, ...]] = {}
    all_nodes = [dict(_nodes(graph, ())) for graph in graphs]
    for way, first in all_nodes[0].items():
        nodes = [nodes[way] for nodes in all_nodes]
        if VALUE in first.extra:
            for index in range(len(first.extra[VALUE].sizes)):
                found[Slot(way, "", index)] = tuple(node.extra[VALUE].sizes[index] for node in nodes)
        elif isinstance(first, Layer | Function | Instance):
            names = dict.fromkeys(name for node in nodes for name in node.options)  # type: ignore[attr-defined]
            for name in names:
                values = tuple(_value(node, name) for node in nodes)
                if len({len(value) if isinstance(value, tuple) else -1 for value in values}) == 1 and isinstance(
                    values[0], tuple
                ):
                    for index in range(len(values[0])):
                        found[Slot(way, name, index)] = tuple(value[index] for value in values)
                else:
                    found[Slot(way, name)] = values
    return found


def _value(node: Any, name: str) -> Any:
    if name in node.options:
        return node.options[name]
    default = _specs(node)[name].default
    return None if isinstance(default, Required) else default


def _nodes(graph: Graph, way: Way) -> Iterator[tuple[Way, Node]]:
    for node in graph.nodes.values():
        here = (*way, node.name)
        yield here, node
        for slot, inner in node.graphs():
            yield from _nodes(inner, (*here, slot))


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
            options = dict(node.options)  # type: ignore[attr-defined]
            for slot, text in mine.items():
                if slot.index is None:
                    options[slot.option] = Expression(text)
                else:
                    whole = list(options.get(slot.option, _value(node, slot.option)))
                    whole[slot.index] = Expression(text)
                    options[slot.option] = tuple(whole)
            graph.nodes[name] = evolve(node, options=options)  # type: ignore[call-arg]
        for slot_name, inner in node.graphs():
            _replace(inner, (*here, slot_name), texts)


# --- choosing hyper-parameters ----------------------------------------------------------------------------------


@define
class _Chooser:
    """Chooses hyper-parameters for columns of values, and expressions of them."""

    members: Sequence[Member]
    columns: Mapping[Slot, tuple[Any, ...]]
    names: dict[str, tuple[Any, ...]] = field(factory=dict)
    """The hyper-parameters with their values."""
    defaults: dict[str, str] = field(factory=dict)
    texts: dict[Slot, str] = field(factory=dict)

    def choose(self) -> None:
        taken = {way[-1].partition(".")[0] for way, _ in _nodes(self.members[0].graph, ())}
        taken |= {port.name for port in self.members[0].graph.inputs}
        arguments = self._arguments()
        keys = {slot: tuple(map(_strict, values)) for slot, values in self.columns.items()}
        known: dict[Hashable, str] = {}
        for key, argument in arguments.items():
            first = next((slot for slot, found in keys.items() if found == key), None)
            if first is not None:
                known[key] = self._new(first, self.columns[first], argument, taken)
        # The smallest comes first, so that others are multiples of it.
        for slot, values in sorted(self.columns.items(), key=lambda column: _size(column[1])):
            key = keys[slot]
            if key not in known:
                known[key] = self._worked_out(slot, values) or self._new(slot, values, "", taken)
            self.texts[slot] = known[key]
        first_use = {text: index for index, text in reversed(list(enumerate(known[key] for key in keys.values())))}
        if not arguments:
            self.names = dict(sorted(self.names.items(), key=lambda item: first_use.get(item[0], 0)))

    def _new(self, slot: Slot, values: tuple[Any, ...], argument: str, taken: set[str]) -> str:
        wanted = argument or slot.option or "size"
        name = wanted
        if name in taken | set(self.names) or not _is_name(name):
            node, option = slot.way[-1].replace(".", "_"), slot.option or "size"
            name = f"{option}_{node}" if node[0].isdigit() else f"{node}_{option}"
        base, number = name, 2
        while name in taken | set(self.names) or not _is_name(name):
            name = f"{base}_{number}"
            number += 1
        self.names[name] = values
        default = _default_of(self.members[0].module, argument, values) if argument == name else ""
        if default:
            self.defaults[name] = default
        return name

    def _arguments(self) -> dict[Hashable, str]:
        """The names of constructor arguments by their values."""
        found: dict[Hashable, str] = {}
        first = self.members[0].arguments
        for name in first:
            if all(_is_plain(member.arguments.get(name, Ellipsis)) for member in self.members):
                key = tuple(_strict(_plain(member.arguments[name])) for member in self.members)
                if len(set(key)) > 1:
                    found.setdefault(key, name)
        return found

    def _worked_out(self, slot: Slot, values: tuple[Any, ...]) -> str:
        """An expression of the hyper-parameters there are; "" where none gives the values."""
        for name, others in self.names.items():
            if not all(type(value) is int for value in (*values, *others)):
                continue
            if slot.option in _SIZES:
                factor = _factor(values, others)
                if factor and all(value == other * factor for value, other in zip(values, others, strict=True)):
                    return f"{name} * {factor}"
                if factor and all(value * factor == other for value, other in zip(values, others, strict=True)):
                    return f"{name} // {factor}"
            halves = all(other == 2 * value + 1 for value, other in zip(values, others, strict=True))
            if slot.option == "padding" and "kernel" in name and halves:
                return f"({name} - 1) // 2"
        return ""


_SIZES = frozenset(
    "in_features out_features in_channels out_channels num_features num_channels normalized_shape hidden_size "
    "input_size embed_dim d_model dim_feedforward embedding_dim dim hidden hidden_dim channels groups".split()
)


def _size(values: Sequence[Any]) -> int:
    return values[0] if all(type(value) is int for value in values) else -1


def _factor(values: Sequence[int], others: Sequence[int]) -> int | None:
    """The whole number by which one column differs from another, at least 2; None where there is none."""
    high, low = max(values[0], others[0]), min(values[0], others[0])
    if low <= 0 or high % low or high == low or high // low > 64:
        return None
    return high // low


def _is_name(name: str) -> bool:
    return is_plain(name) and name not in LOCAL_RESERVED and name not in MODULE_ATTRIBUTES


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or type(value) in (bool, int, float, str)


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def _default_of(module: nn.Module, name: str, values: tuple[Any, ...]) -> str:
    """The default of a constructor's argument, where it is of the kind of the values; "" for any other."""
    try:
        default = inspect.signature(type(module).__init__).parameters[name].default
    except (KeyError, TypeError, ValueError):
        return ""
    kinds = {type(value) for value in values if value is not None}
    if default is not None and kinds != {type(default)}:
        return ""  # the class takes several kinds; a hyper-parameter is of the kind of its default
    return repr(default) if default is None or type(default) in (bool, int, float, str) else ""
