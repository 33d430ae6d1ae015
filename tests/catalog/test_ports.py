"""The ports and options of every kind of node, also where the document is broken."""

from __future__ import annotations

import pytest

from blockstudio.catalog.ports import Ports, called_node, node_options, node_ports
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import (
    Call,
    CodeDefinition,
    Constant,
    Definition,
    Endpoint,
    Expression,
    Function,
    Graph,
    HyperParameter,
    If,
    Instance,
    Layer,
    Node,
    Options,
    Parameter,
    Port,
    Repeat,
    Sequential,
    Unknown,
    While,
)

NET = Location("Net")
CODE = """
class Norm(nn.Module):
    def __init__(self, units: int, eps: float = 1e-5):
        super().__init__()
    def forward(self, x, mask=None):
        return x, mask
"""


def document(*nodes: Node, edges: dict[str, str] | None = None) -> Document:
    """A document whose root holds the nodes; edges are written `target.port: source.port`."""
    graph = Graph(nodes={node.name: node for node in nodes})
    for target, source in (edges or {}).items():
        graph.connect(Endpoint(*target.split(".", 1)), Endpoint(*source.split(".", 1)))
    block = Definition("Block", Graph(inputs=[Port("a"), Port("b", default="1")], outputs=[Port("c"), Port("d")]))
    block.hyper_parameters = [HyperParameter("units"), HyperParameter("p", "0.5"), HyperParameter("n", "units * 2")]
    definitions = {"Net": Definition("Net", graph), "Block": block, "Norm": CodeDefinition("Norm", CODE)}
    return Document("Net", definitions)


def ports(node: Node, *others: Node, edges: dict[str, str] | None = None) -> tuple[list[str], list[str]]:
    """The names of the inputs, a "?" behind those that need not be wired, and of the outputs."""
    found = node_ports(document(node, *others, edges=edges), NET, node)
    return [port.name + "?" * port.optional for port in found.inputs], [port.name for port in found.outputs]


def function(type: str, options: Options | None = None) -> Function:
    return Function(name="f", type=type, options=options or {})


@pytest.mark.parametrize(
    ("node", "edges", "inputs", "outputs"),
    [
        (Layer(name="f", type="torch.nn.Linear"), {}, ["input"], ["output"]),
        (Layer(name="f", type="torch.nn.LSTM"), {}, ["input", "h_0?", "c_0?"], ["output", "h_n", "c_n"]),
        (Layer(name="f", type="torch.nn.LSTM"), {"f.h_0": "x.y"}, ["input", "h_0?", "c_0"], ["output", "h_n", "c_n"]),
        (Layer(name="f", type="torch.nn.MaxPool2d"), {}, ["input"], ["output"]),
        (
            Layer(name="f", type="torch.nn.MaxPool2d", options={"return_indices": True}),
            {},
            ["input"],
            ["output", "indices"],
        ),
        (
            Layer(name="f", type="torch.nn.MaxPool2d", options={"return_indices": Expression("flag")}),
            {},
            ["input"],
            ["output", "indices"],
        ),
        (function("torch.max"), {}, ["input"], ["values"]),
        (function("torch.max", {"dim": 0}), {}, ["input"], ["values", "indices"]),
        (function("operator.add"), {}, ["input", "other"], ["output"]),
        (function("operator.add", {"other": 1}), {}, ["input", "other?"], ["output"]),
        (function("operator.sub", {"input": 1}), {}, ["input?", "other"], ["output"]),
        (function("torch.cat"), {}, ["tensors.0"], ["output"]),
        (
            function("torch.cat"),
            {"f.tensors.0": "x.y", "f.tensors.1": "x.y"},
            ["tensors.0", "tensors.1", "tensors.2?"],
            ["output"],
        ),
        (function("torch.cat"), {"f.tensors.1": "x.y"}, ["tensors.0", "tensors.1", "tensors.2?"], ["output"]),
        (function("torch.chunk", {"chunks": 3}), {}, ["input"], ["chunks.0", "chunks.1", "chunks.2"]),
        (function("torch.split", {"split_size_or_sections": (1, 2)}), {}, ["input"], ["parts.0", "parts.1"]),
        (
            function("torch.chunk", {"chunks": Expression("n")}),
            {"x.y": "f.chunks.1"},
            ["input"],
            ["chunks.0", "chunks.1"],
        ),
        (function("torch.Tensor.view", {"shape": (2, -1)}), {}, ["input", "shape.0?", "shape.1?"], ["output"]),
        (Instance(name="f", definition="Block"), {}, ["a", "b?"], ["c", "d"]),
        (Instance(name="f", definition="Norm"), {}, ["x", "mask?"], ["x", "mask"]),
        (Instance(name="f", definition="Gone"), {"f.q": "x.y", "x.z": "f.r"}, ["q"], ["r"]),
        (Layer(name="f", type="no.Such"), {"f.q": "x.y", "x.z": "f.r"}, ["q"], ["r"]),
        (Unknown(name="f"), {"f.b": "x.y", "f.a": "x.y", "x.z": "f.r"}, ["a", "b"], ["r"]),
        (Unknown(name="f"), {"f.t.10": "x.y", "f.t.9": "x.y"}, ["t.9", "t.10"], []),
        (Constant(name="f", value="torch.ones(2)"), {}, [], ["output"]),
        (Parameter(name="f", value="torch.ones(2)"), {}, [], ["output"]),
        (Sequential(name="f", body=Graph()), {}, ["input"], ["output"]),
        (Repeat(name="f", body=Graph(inputs=[Port("h"), Port("x")])), {}, ["h", "x"], ["h", "x"]),
        (While(name="f", condition=Graph(), body=Graph(inputs=[Port("x")])), {}, ["x"], ["x"]),
        (
            If(
                name="f",
                condition=Graph(inputs=[Port("x")]),
                then=Graph(outputs=[Port("y")]),
                otherwise=Graph(outputs=[Port("y")]),
            ),
            {},
            ["x"],
            ["y"],
        ),
    ],
)
def test_ports(node: Node, edges: dict[str, str], inputs: list[str], outputs: list[str]) -> None:
    assert ports(node, edges=edges) == (inputs, outputs)


def test_a_call_has_the_ports_of_what_it_calls() -> None:
    layer = Layer(name="lstm", type="torch.nn.LSTM")
    assert ports(Call(name="again", layer="lstm"), layer) == (["input", "h_0?", "c_0?"], ["output", "h_n", "c_n"])
    assert ports(Call(name="again", layer="gone")) == ([], [])


def test_a_call_finds_its_layer_anywhere_in_the_class_but_not_in_sequentials() -> None:
    body = Graph(inputs=[Port("x")], nodes={"again": Call(name="again", layer="linear")})
    children = Graph(nodes={"inner": Layer(name="inner", type="torch.nn.Bilinear")})
    doc = document(
        Layer(name="linear", type="torch.nn.Linear"),
        Repeat(name="loop", body=body),
        Sequential(name="seq", body=children),
    )
    inside = NET.enter("loop", "body")
    found = called_node(doc, inside, Call(name="c", layer="linear"))
    assert found is not None and found.name == "linear"
    assert called_node(doc, inside, Call(name="c", layer="inner")) is None
    assert called_node(doc, inside, Call(name="c", layer="again")) is None


@pytest.mark.parametrize("place", [Location("Gone"), Location("Norm"), NET.enter("nothing", "body")])
def test_no_place_makes_it_raise(place: Location) -> None:
    assert node_ports(document(), place, Constant(name="f", value="1")).outputs[0].name == "output"
    assert node_ports(document(), place, Unknown(name="f")) == Ports()
    assert node_ports(document(), place, Call(name="f", layer="x")) == Ports()


def test_faulty_code_shows_the_ports_its_edges_use() -> None:
    doc = document(Instance(name="f", definition="Norm"), edges={"f.q": "x.y"})
    doc.definitions["Norm"] = CodeDefinition("Norm", "class Norm(")
    assert [port.name for port in node_ports(doc, NET, doc.node(NET, "f")).inputs] == ["q"]
    assert node_options(doc, doc.node(NET, "f")) == ()


def test_a_count_from_a_file_cannot_make_millions_of_ports() -> None:
    assert len(ports(function("torch.chunk", {"chunks": 10**12}))[1]) <= 256
    assert len(ports(function("torch.cat"), edges={"f.tensors.99999": "x.y"})[0]) <= 256
    assert ports(function("torch.chunk", {"chunks": -1}))[1] == ["chunks.0"]
    assert ports(function("torch.chunk", {"chunks": "x"}))[1] == ["chunks.0"]


def test_ports_are_found_by_name() -> None:
    found = node_ports(document(), NET, Layer(name="f", type="torch.nn.Linear"))
    assert found.input("input") is found.inputs[0]
    assert found.output("output") is found.outputs[0]
    assert found.input("x") is None
    assert found.output("x") is None


def test_options_of_a_layer_and_of_an_instance() -> None:
    doc = document()
    linear = node_options(doc, Layer(name="f", type="torch.nn.Linear"))
    assert [option.name for option in linear] == ["in_features", "out_features", "bias", "dtype"]
    units, p, n = node_options(doc, Instance(name="f", definition="Block"))
    assert (units.name, units.required, units.type) == ("units", True, "any")
    assert (p.default, p.type) == (0.5, "float")
    assert n.default == Expression("units * 2")
    assert [option.type for option in node_options(doc, Instance(name="f", definition="Norm"))] == ["int", "float"]
    assert node_options(doc, Constant(name="f", value="1")) == ()
    assert node_options(doc, Instance(name="f", definition="Gone")) == ()
