"""A worker with a document open, for tests."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from blockstudio.engine import codec
from blockstudio.engine import protocol as p
from blockstudio.formats.project import to_json
from blockstudio.graph.document import Document
from blockstudio.graph.model import CodeDefinition, Definition, Example, While
from blockstudio.runtime.worker import Worker
from tests.compiler.documents import document, function, graph, instance, layer, linear, net


class Asked:
    """Asks a worker as the window does: every request and reply goes through the codec."""

    def __init__(self, document: Document | None = None, *, trusted: bool = True) -> None:
        self.worker = Worker()
        self.revision = 0
        if document is not None:
            self.update(document, trusted=trusted)

    def update(self, document: Document, *, trusted: bool = True, **fields: Any) -> p.Shapes:
        self.revision += 1
        shapes = self(p.UpdateDocument(to_json(document), self.revision, trusted, **fields))
        assert shapes.revision == self.revision
        return shapes

    def __call__(self, request: p.Request) -> Any:
        """The reply; it must not be a failure."""
        reply = self.try_(request)
        assert type(reply) is p.REPLIES[type(request)], reply
        return reply

    def try_(self, request: p.Request) -> Any:
        return codec.decode(codec.encode(self.worker.handle(codec.decode_request(codec.encode(request)))))

    def fails(self, request: p.Request) -> p.Failure:
        reply = self.try_(request)
        assert isinstance(reply, p.Failure), reply
        return reply

    def listed(self) -> list[str]:
        return [row.path for row in self(p.ListParameters()).rows]

    def row(self, key: str) -> p.ParameterRow:
        return next(row for row in self(p.ListParameters()).rows if row.path == key)

    def values(self, key: str, source: Any = "value") -> Any:
        return self(p.ShowTensor(key, source)).values


def words(failure: p.Failure) -> str:
    return failure.template.format(**failure.facts)


def with_example(document: Document, *shapes: tuple[int, ...], **fields: Any) -> Document:
    """The document with example inputs of these shapes."""
    ports = document.definition(document.root).graph.inputs
    ports[:] = [evolve(port, example=Example(shape, **fields)) for port, shape in zip(ports, shapes, strict=True)]
    return document


def mlp(hidden: int = 8) -> Document:
    nodes = [linear("hidden", 4, hidden), layer("relu", "ReLU"), linear("out", hidden, 2)]
    return with_example(net(graph("x", "y", nodes, "x>hidden hidden>relu relu>out out>y")), (3, 4))


def endless() -> Document:
    """A loop whose condition always holds."""
    body = graph("x", "x", [function("half", "operator.truediv", other=1)], "x>half half>x")
    condition = graph("x", "go", [function("all", "torch.sum"), function("gt", "operator.gt", other=-1.0)],
                      "x>all all>gt gt>go")  # fmt: skip
    return with_example(
        net(graph("x", "y", [While(name="loop", condition=condition, body=body)], "x>loop.x loop.x>y")), (3,)
    )


def code(source: str, name: str = "Block") -> Document:
    own = CodeDefinition(name, source)
    return with_example(
        document(own, Definition("Net", graph("x", "y", [instance("block", name)], "x>block.x block>y"))), (2, 3)
    )


BLOCK = """
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        {init}

    def forward(self, x):
        {forward}
"""
