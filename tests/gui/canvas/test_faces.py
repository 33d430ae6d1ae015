"""What a node says of itself."""

from __future__ import annotations

import pytest

from blockstudio.catalog.catalog import catalog
from blockstudio.engine.protocol import TensorShape
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
    Instance,
    Layer,
    Node,
    Options,
    OptionValue,
    Port,
    Repeat,
    Sequential,
    Unknown,
)
from blockstudio.gui.canvas.facts import summaries
from blockstudio.gui.canvas.facts.faces import Face, describe
from tests.compiler.models import choices, chosen

ROOT = Location("Net")


def face(node: Node, *others: Node, edges: dict[Endpoint, Endpoint] | None = None, **more: object) -> Face:
    graph = Graph(nodes={n.name: n for n in (node, *others)}, edges=edges or {})
    block = Definition("Block", Graph([Port("x")], [Port("y")]), [HyperParameter("width", "8")])
    code = CodeDefinition("Center", "class Center(nn.Module):\n    def forward(self, x): return x - x.mean()")
    document = Document("Net", {"Net": Definition("Net", graph), "Block": block, "Center": code})
    return describe(document, ROOT, graph, node, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type", "options", "wanted"),
    [
        ("torch.nn.Linear", {"in_features": 20, "out_features": 256}, "20 → 256"),
        ("torch.nn.Linear", {"in_features": 20, "out_features": 256, "bias": False}, "20 → 256, no bias"),
        ("torch.nn.Linear", {"in_features": Expression("width * 4"), "out_features": 1}, "width * 4 → 1"),
        (
            "torch.nn.Conv2d",
            {"in_channels": 3, "out_channels": 64, "kernel_size": 3, "stride": 2},
            "3 → 64, 3×3, stride 2",
        ),
        ("torch.nn.Conv2d", {"in_channels": 3, "out_channels": 8, "kernel_size": (3, 5)}, "3 → 8, 3×5"),
        (
            "torch.nn.Conv2d",
            {"in_channels": 3, "out_channels": 8, "kernel_size": 3, "stride": Expression("stride")},
            "3 → 8, 3×3, stride",
        ),
        ("torch.nn.MaxPool2d", {"kernel_size": 2}, "2×2"),
        ("torch.nn.BatchNorm2d", {"num_features": 64}, "64"),
        ("torch.nn.Dropout", {}, "0.5"),
        ("torch.nn.Embedding", {"num_embeddings": 1000, "embedding_dim": 64}, "1000×64"),
        ("torch.nn.LSTM", {"input_size": 16, "hidden_size": 32, "batch_first": True}, "16 → 32, batch first"),
        ("torch.nn.LayerNorm", {"normalized_shape": (20, 30)}, "20×30"),
        ("torch.nn.ReLU", {}, ""),
        ("torch.Tensor.view", {"shape": (-1, 320)}, "-1×320"),
        ("torch.cat", {"dim": 1}, "dim 1"),
    ],
)
def test_the_options_that_matter(type: str, options: Options, wanted: str) -> None:
    entry = catalog().get(type)
    assert entry is not None
    assert summaries.summary(entry, options) == wanted


def test_a_hyper_parameter_passed_on_under_its_own_name_is_said_once() -> None:
    options: Options = {"width": Expression("width"), "stride": Expression("stride * 2")}
    assert summaries.arguments(options) == "width, stride = stride * 2"


def test_every_entry_has_a_face() -> None:
    for entry in catalog().entries:
        kind = Layer if entry.kind == "layer" else Function
        shown = face(kind(name="n", type=entry.type, options=entry.fresh_options()))
        assert shown.title and shown.icon and "None" not in shown.detail, entry.type


@pytest.mark.parametrize(
    ("type", "options", "wanted"),
    [
        ("operator.add", {}, "a + b"),
        ("operator.add", {"other": 1}, "a + 1"),
        ("operator.sub", {"input": 1}, "1 - b"),
        ("operator.getitem", {"index": ":, 0"}, "x[:, 0]"),
        ("operator.gt", {"other": 0.5}, "a > 0.5"),
    ],
)
def test_operators_are_written_as_formulas(type: str, options: Options, wanted: str) -> None:
    assert face(Function(name="op", type=type, options=options)).title == wanted


def test_names_are_left_out_where_they_say_nothing() -> None:
    assert face(Function(name="relu_2", type="torch.nn.functional.relu")).name == ""
    assert face(Function(name="add", type="operator.add")).name == ""
    assert face(Function(name="residual", type="operator.add")).name == "residual"
    assert face(Layer(name="relu", type="torch.nn.ReLU")).name == "relu"


def test_the_three_ways_of_reuse_are_told_apart() -> None:
    linear = Layer(name="linear", type="torch.nn.Linear", options={"in_features": 2, "out_features": 3})
    copy, owner = face(linear), face(linear, callers=2)
    instance = face(Instance(name="block", definition="Block", options={"width": 16}))
    shared = face(Call(name="again", layer="linear"), linear)
    assert [f.style for f in (copy, owner, instance, shared)] == ["plain", "plain", "instance", "shared"]
    assert owner.tag and shared.tag and not copy.tag
    assert (shared.title, shared.detail) == ("Linear", "2 → 3")
    assert (instance.title, instance.detail) == ("Block", "width = 16")
    assert face(Call(name="again", layer="gone")).style == "unknown"
    assert face(Instance(name="a", definition="Gone")).style == "unknown"
    assert face(Instance(name="c", definition="Center")).icon == "mdi6.language-python"


def test_ports_and_what_is_wired() -> None:
    lstm = Layer(name="lstm", type="torch.nn.LSTM", options={"input_size": 4, "hidden_size": 4})
    shown = face(lstm, edges={Endpoint("lstm", "input"): Endpoint("", "x"), Endpoint("", "y"): Endpoint("lstm", "h_n")})
    assert [(p.label, p.wired, p.spare) for p in shown.inputs] == [
        ("input", True, False),
        ("h_0", False, True),
        ("c_0", False, True),
    ]
    assert [p.name for p in shown.outputs if p.wired] == ["h_n"]


def test_a_list_of_inputs_always_has_one_to_spare() -> None:
    cat = Function(name="cat", type="torch.cat")
    assert [p.name for p in face(cat).inputs] == ["tensors.0"]
    wired = face(cat, edges={Endpoint("cat", "tensors.0"): Endpoint("", "x")})
    assert [(p.name, p.wired) for p in wired.inputs] == [("tensors.0", True), ("tensors.1", False)]


def test_an_edge_to_no_port_is_shown() -> None:
    relu = Layer(name="relu", type="torch.nn.ReLU")
    shown = face(relu, edges={Endpoint("relu", "nonsense"): Endpoint("", "x")})
    assert [(p.name, p.known) for p in shown.inputs] == [("input", True), ("nonsense", False)]


def test_operands_given_as_numbers_need_no_wire() -> None:
    plus = Function(name="plus", type="operator.add", options={"other": 1})
    assert [p.name for p in face(plus).inputs] == ["input"]
    assert [(p.name, p.spare) for p in face(plus, all_ports=True).inputs] == [("input", False), ("other", True)]
    wired = face(plus, edges={Endpoint("plus", "other"): Endpoint("", "x")})
    assert [(p.name, p.wired, p.label) for p in wired.inputs] == [("input", False, ""), ("other", True, "")]


def test_inputs_seldom_needed_are_hidden_until_asked_for() -> None:
    entry = next(e for e in catalog().entries if any(p.advanced for p in e.inputs) and e.kind == "function")
    node = Function(name="f", type=entry.type, options=entry.fresh_options())
    few, all_of_them = face(node), face(node, all_ports=True)
    assert few.hidden_inputs > 0
    assert len(all_of_them.inputs) == len(few.inputs) + few.hidden_inputs


def test_containers_and_others() -> None:
    body = Graph(nodes={str(i): Layer(name=str(i), type="torch.nn.ReLU") for i in range(60)})
    sequential = face(Sequential(name="s", body=body))
    assert (len(sequential.rows), sequential.more_rows) == (40, 20)
    repeat = face(Repeat(name="r", body=Graph(), count=Expression("depth"), shared=False))
    assert "depth" in repeat.detail and "own weights" in repeat.detail
    assert face(Constant(name="c", value="torch.rand(20, 20)")).detail == "rand(20, 20)"
    assert face(Unknown(name="u", data={"type": "torch.future.Thing"})).title == "torch.future.Thing"
    assert face(Layer(name="l", type="torch.nn.Imaginary")).title == "Imaginary"


def test_shapes_in_words() -> None:
    assert summaries.shape_text(TensorShape((2, 64, 56, 56))) == "2×64×56×56"
    assert summaries.shape_text(TensorShape(())) == "scalar"
    assert summaries.shape_text(TensorShape(None, text="int")) == "int"
    assert summaries.shape_text(None) == ""


def test_from_afar_a_container_goes_by_its_name() -> None:
    relu = Layer(name="act", type="torch.nn.ReLU")
    assert face(Sequential(name="layer1", body=Graph(nodes={"act": relu}))).far_title == "layer1"
    assert face(relu).far_title == "ReLU"
    assert face(Instance(name="first", definition="Block")).far_title == "Block"


def test_what_decides_an_if_and_how_rounds_are_keyed_is_said() -> None:
    document = choices()
    unit, net = Location("Unit"), Location("Net")
    graph = document.graph(unit)
    face = describe(document, unit, graph, graph.nodes["normed"])
    assert face.detail == "normalise == 'batch'"
    assert [row.title for row in face.rows] == ["normalise == 'batch'", "BatchNorm2d", "If normalise == 'group'"]
    face = describe(document, net, document.graph(net), document.graph(net).nodes["stage1"])
    assert (face.detail, face.tag) == ("layers[0] times, own weights each", "layer1.0, layer1.1, …")


def test_the_row_of_a_body_reads_along_its_wires() -> None:
    calls = [Function(name=name, type=f"torch.{name}") for name in ("sum", "exp", "abs")]
    body = Graph([Port("x")], [Port("x")], {call.name: call for call in calls})
    for source, target in (("abs", "sum"), ("sum", "exp")):
        body.connect(Endpoint(target, "input"), Endpoint(source, "output"))
    (row,) = face(Repeat(name="loop", body=body)).rows
    assert row.title == "abs → sum → exp"
    body.edges[Endpoint("abs", "input")] = Endpoint("exp", "output")  # as only a broken file has it
    (row,) = face(Repeat(name="loop", body=body)).rows
    assert row.title == "sum → exp → abs"


@pytest.mark.parametrize(
    ("count", "test", "keys"),
    [
        (3, "i == 0", "fc.0"),
        (3, "i != 1", "fc.0, fc.2"),
        (12, "i % 2 == 1", "fc.1, fc.3 … fc.11"),
        (12, "i >= 0", "fc.0 … fc.11"),
        (2, "i > 5", ""),
        (5, "i < depth", "fc.…"),
        (1000, "i == 0", "fc.…"),
        (Expression("depth"), "i == 0", "fc.…"),
    ],
)
def test_the_keys_of_a_repeat_are_those_of_the_rounds_that_have_the_layer(
    count: OptionValue, test: str, keys: str
) -> None:
    branch = Graph([Port("x")], [Port("y")], {"fc": Layer(name="fc", type="torch.nn.Linear")})
    inside = chosen("choice", test, branch, Graph([Port("x")], [Port("y")]))
    body = Graph([Port("x")], [Port("x")], {"choice": inside})
    assert summaries.round_keys(Repeat(name="rounds", body=body, count=count, shared=False)) == keys
