"""What graphs have in common that differ in numbers only."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.spec import OptionSpec
from blockstudio.graph.model import Function, Graph, Instance, Layer, Node
from blockstudio.runtime.importing.tensors import VALUE, TensorValue

_FIXED_TYPES = ("index", "tensor")


def skeleton(graph: Graph) -> Hashable:
    """What graphs must have in common to become one."""
    return (
        tuple(port.name for port in graph.inputs),
        tuple(port.name for port in graph.outputs),
        frozenset(graph.edges.items()),
        tuple(bone(node) for node in graph.nodes.values()),
    )


def bone(node: Node) -> Hashable:
    """What nodes must have in common to become one."""
    fixed: Hashable = ()
    if isinstance(node, Layer | Function):
        known = specs(node)
        fixed = (node.type, tuple((n, v) for n, v in node.options.items() if n in known and _is_fixed(known[n])))
    elif isinstance(node, Instance):
        fixed = node.definition
    elif VALUE in node.extra:
        value: TensorValue = node.extra[VALUE]
        fixed = (value.text if value.exact else "", len(value.sizes), getattr(node, "persistent", None))
    else:
        fixed = tuple(repr(getattr(node, name, None)) for name in ("layer", "named", "count", "shared", "index"))
    return (node.kind, node.name, fixed, tuple((slot, skeleton(inner)) for slot, inner in node.graphs()))


def _is_fixed(spec: OptionSpec) -> bool:
    return spec.literal or spec.type in _FIXED_TYPES


def specs(node: Layer | Function) -> Mapping[str, OptionSpec]:
    """The options that a node may have, by name."""
    entry = catalog().get(node.type)
    return {option.name: option for option in entry.options} if entry else {}
