"""A session with a nested document, and an engine that answers when the test says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    Call,
    Constant,
    Definition,
    Endpoint,
    Example,
    Graph,
    Instance,
    Layer,
    Port,
    Repeat,
    Sequential,
)
from blockstudio.gui.panels.inspector import InspectorPanel
from blockstudio.gui.session import Session
from tests.helpers.engines import SilentKernel, row, table


def linear(name: str, inputs: int = 20, outputs: int = 20) -> Layer:
    return Layer(name=name, type="torch.nn.Linear", options={"in_features": inputs, "out_features": outputs})


def nested_document() -> Document:
    """Net holds two instances of Block, a container, a loop, a constant and a call."""
    body = Graph(nodes={node.name: node for node in (linear("first"), Layer(name="act", type="torch.nn.ReLU"))})
    loop = Graph([Port("x")], [Port("x")], {"step": linear("step")})
    loop.connect(Endpoint("step", "input"), Endpoint("", "x"))
    loop.connect(Endpoint("", "x"), Endpoint("step", "output"))
    nodes = (
        Instance(name="one", definition="Block"),
        Instance(name="two", definition="Block"),
        Sequential(name="chain", body=body),
        Repeat(name="loop", body=loop, count=2, shared=False),
        Constant(name="mask", value="torch.ones(20, 20)"),
        linear("head"),
        Call(name="again", layer="head"),
    )
    net = Graph([Port("x", example=Example((2, 20)))], [Port("y")], {node.name: node for node in nodes})
    wires = ("", "x"), ("one", "y"), ("two", "y"), ("chain", "output"), ("loop", "x"), ("head", "output")
    ends = ("one", "x"), ("two", "x"), ("chain", "input"), ("loop", "x"), ("head", "input"), ("again", "input")
    for source, target in zip(wires, ends, strict=True):
        net.connect(Endpoint(*target), Endpoint(*source))
    net.connect(Endpoint("", "y"), Endpoint("again", "output"))
    block = Graph([Port("x")], [Port("y")], {"inner": linear("inner")})
    block.connect(Endpoint("inner", "input"), Endpoint("", "x"))
    block.connect(Endpoint("", "y"), Endpoint("inner", "output"))
    return Document("Net", {"Net": Definition("Net", net), "Block": Definition("Block", block)})


NESTED_TABLE = table(
    row("mask", (20, 20), kind="buffer", trainable=False, node="Net/mask", layer_type="Net"),
    row("one.inner.weight", (20, 20), node="Block/inner"),
    row("one.inner.bias", (20,), node="Block/inner"),
    row("two.inner.weight", (20, 20), node="Block/inner"),
    row("two.inner.bias", (20,), node="Block/inner"),
    row("chain.0.weight", (20, 20), node="Net/chain.body/first"),
    row("chain.0.bias", (20,), node="Net/chain.body/first"),
    row("step.0.weight", (20, 20), node="Net/loop.body/step"),
    row("step.1.weight", (20, 20), node="Net/loop.body/step"),
    row("head.weight", (20, 20), node="Net/head"),
)


@pytest.fixture
def kernel(qapp: object) -> SilentKernel:
    return SilentKernel()


@pytest.fixture
def session(kernel: SilentKernel) -> Iterator[Session]:
    session = Session(kernel)
    session.replace(nested_document())
    yield session
    session.close()


@pytest.fixture
def inspector(session: Session, qtbot: QtBot) -> Iterator[InspectorPanel]:
    panel = InspectorPanel(session)
    qtbot.addWidget(panel)
    panel.resize(330, 700)
    panel.show()
    yield panel
