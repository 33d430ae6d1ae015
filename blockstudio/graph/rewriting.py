"""Changing the expressions that nodes and options hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from blockstudio.graph import expressions
from blockstudio.graph.model import Expression, Graph, Node, OptionValue, Repeat


def map_value(value: OptionValue, change: Callable[[str], str]) -> OptionValue:
    """An option's value with `change` made to the text of each expression in it."""
    if isinstance(value, Expression):
        return Expression(change(value.text))
    if isinstance(value, tuple):
        return tuple(map_value(part, change) for part in value)
    return value


def map_expressions(node: Node, change: Callable[[str], str]) -> Node:
    """A node with `change` made to each expression of its own; not in graphs inside it."""
    changes: dict[str, Any] = {}
    options = getattr(node, "options", None)
    if options:
        changes["options"] = {key: map_value(value, change) for key, value in options.items()}
    if isinstance(node, Repeat):
        changes["count"] = map_value(node.count, change)
    if hasattr(node, "value"):
        changes["value"] = change(node.value)
    return evolve(node, **changes)


def names_used(graph: Graph) -> set[str]:
    """The names in the expressions of nodes, and of those in them."""
    used: set[str] = set()

    def collect(text: str) -> str:
        used.update(expressions.names_in(text))
        return text

    pending = list(graph.nodes.values())
    while pending:
        node = pending.pop()
        map_expressions(node, collect)
        pending += [inner for _, body in node.graphs() for inner in body.nodes.values()]
    return used
