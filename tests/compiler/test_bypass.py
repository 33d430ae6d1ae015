"""Nodes that are bypassed: what comes in goes out, and the model keeps what they own."""

from __future__ import annotations

from itertools import pairwise

import torch
from attrs import evolve

from blockstudio.compiler import check, compile_document
from blockstudio.formats.project import dumps, loads
from blockstudio.graph.document import Document
from blockstudio.graph.model import Definition, Initializer, Repeat
from blockstudio.runtime.build import build
from tests.compiler.documents import function, graph, instance, layer, linear, net

from .documents import document
from .models import chained


def bypassed(node, **changes):  # type: ignore[no-untyped-def]
    return evolve(node, bypassed=True, **changes)


def body_of(document: Document) -> list[str]:
    source = compile_document(document).source
    return [line.strip() for line in source.partition("def forward")[2].splitlines()[1:] if line.strip()]


def chain(*nodes, **extra):  # type: ignore[no-untyped-def]
    names = ["x", *(node.name for node in nodes), "y"]
    wires = " ".join(f"{a}>{b}" for a, b in pairwise(names))
    return net(graph("x", "y", nodes, wires), **extra)


def test_it_is_a_comment_in_the_source() -> None:
    doc = chain(linear("a", 4, 4), bypassed(function("relu")), linear("b", 4, 2))
    assert body_of(doc) == ["x = self.a(x)", "# relu: bypassed", "return self.b(x)"]
    assert check(doc) == []
    assert build(doc)(torch.ones(1, 4)).shape == (1, 2)


def test_a_layer_keeps_its_parameters() -> None:
    doc = chain(linear("a", 4, 4), bypassed(linear("b", 4, 4)))
    assert list(build(doc).state_dict()) == ["a.weight", "a.bias", "b.weight", "b.bias"]
    model, x = build(doc), torch.ones(1, 4)
    assert torch.equal(model(x), model.a(x))


def test_in_a_sequential_the_keys_of_the_others_stay() -> None:
    rules = [Initializer(target="seq.1", parameter="weight", function="torch.nn.init.zeros_")]
    doc = chain(
        chained(linear("a", 4, 4), bypassed(linear("b", 4, 4)), linear("c", 4, 2), name="seq"), initializers=rules
    )
    assert check(doc) == []
    assert list(build(doc).state_dict()) == ["seq.0.weight", "seq.0.bias", "seq.2.weight", "seq.2.bias"]
    source = compile_document(doc).source
    assert "# b: bypassed" in source and "nn.Identity()" in source


def test_a_loop_gives_what_it_was_given() -> None:
    body = graph("x", "x", [linear("inner", 4, 4)], "x>inner inner>x")
    loop = Repeat(name="loop", count=3, body=body, bypassed=True)
    doc = net(graph("x", "y", [loop], "x>loop.x loop.x>y"))
    assert check(doc) == []
    model, x = build(doc), torch.ones(1, 4)
    assert model(x) is x
    assert list(model.state_dict()) == ["inner.weight", "inner.bias"]


def test_an_output_that_nothing_can_stand_for_is_a_problem() -> None:
    lstm = bypassed(layer("lstm", "LSTM", input_size=4, hidden_size=4))
    doc = net(graph("x", "y", [lstm, function("relu")], "x>lstm lstm.h_n>relu relu>y"))
    assert [problem.code for problem in check(doc) if problem.severity == "error"] == ["node.bypassed"]
    assert check(net(graph("x", "y", [lstm], "x>lstm lstm>y"))) == []


def test_an_instance_is_bypassed_alone() -> None:
    inner = Definition("Inner", graph("x", "y", [linear("a", 4, 4)], "x>a a>y"))
    nodes = [bypassed(instance("one", "Inner")), instance("two", "Inner")]
    doc = document(inner, Definition("Net", graph("x", "y", nodes, "x>one.x one.y>two.x two.y>y")))
    model, x = build(doc), torch.ones(1, 4)
    assert torch.equal(model(x), model.two(x))


def test_values_come_from_the_device_of_what_is_bypassed() -> None:
    doc = chain(
        linear(
            "a",
            4,
            4,
        ),
        bypassed(function("relu", device="cuda:1")),
        linear("b", 4, 2),
    )
    assert "cuda" not in compile_document(doc).source


def test_it_is_saved() -> None:
    doc = chain(bypassed(linear("a", 4, 4)))
    assert loads(dumps(doc)) == doc
    assert b'"bypassed": true' in dumps(doc)
    assert b"bypassed" not in dumps(chain(linear("a", 4, 4)))
