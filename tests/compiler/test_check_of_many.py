"""Checking and compiling very many nodes, and very deep ones."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from blockstudio.compiler.check import check
from blockstudio.compiler.compiled import compile_document
from blockstudio.graph.model import Definition, Graph, Node, Sequential
from tests.compiler.documents import call, chain, deep, document, function, linear, net, tower


def test_a_thousand_levels_are_a_message_not_a_recursion_error() -> None:
    assert {d.code for d in check(deep(1000)) if d.severity == "error"} == {"graph.deep"}
    body = Graph()
    for level in range(1000):
        body = Graph(nodes={f"s{level}": Sequential(name=f"s{level}", body=body)})
    assert "graph.deep" in {d.code for d in check(net(body))}
    assert "definition.deep" in {d.code for d in check(tower(1000))}


def test_a_check_costs_as_the_number_of_nodes_grows() -> None:
    def cost(count: int) -> int:
        nodes = [linear(f"n{i}", 8, 8) if i % 2 else function(f"n{i}", "relu") for i in range(count)]
        wide = document(Definition("Net", chain(*nodes)))
        return steps(lambda: check(wide))

    cost(10)
    assert cost(3_000) < cost(300) * 11


@pytest.mark.parametrize(
    "nodes",
    [
        lambda count: [linear("own", 8, 8), *(call(f"c{i}", "own") for i in range(count))],
        lambda count: [linear(f"layers.{i}", 8, 8) for i in range(count)],
    ],
)
def test_many_calls_and_many_lists_cost_no_more_than_their_number(nodes: Callable[[int], list[Node]]) -> None:
    def cost(count: int) -> int:
        many = net(chain(*nodes(count)))
        return steps(lambda: compile_document(many))

    cost(10)
    assert cost(3_000) < cost(300) * 11


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python run: what work costs, wherever and beside whatever it runs."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += 1
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)
    return count
