"""The shape on every edge without a run, and what does not fit, in words."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

import pytest
import torch
from attrs import evolve
from hypothesis import given, settings

from blockstudio.compiler import compile_document
from blockstudio.engine.protocol import Problem, Shapes, TensorShape
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import SetNode, SetPorts
from blockstudio.graph.model import (
    CodeDefinition,
    Definition,
    Example,
    Expression,
    Graph,
    HyperParameter,
    If,
    Layer,
    Node,
    Port,
    Repeat,
    Sequential,
    While,
)
from blockstudio.runtime.build import build_compiled
from blockstudio.runtime.recorder import Recorder
from blockstudio.runtime.shapes import ShapeFinder
from tests.compiler.documents import (
    call,
    constant,
    document,
    function,
    graph,
    instance,
    layer,
    linear,
    net,
    parameter,
)
from tests.compiler.random_documents import documents

FINDER = ShapeFinder()


def x(*shape: int, dtype: str = "float32", name: str = "x") -> Port:
    return Port(name, example=Example(shape, dtype))


def find(made: Document, **options: Any) -> Shapes:
    return FINDER.shapes(made, **options)


def at(shapes: Shapes, path: str, port: str = "output") -> TensorShape | None:
    return next((row.value for row in shapes.ports if (row.path, row.port) == (path, port)), None)


def size(shapes: Shapes, path: str, port: str = "output") -> tuple[int, ...] | None:
    found = at(shapes, path, port)
    return found.shape if found else None


def only(shapes: Shapes) -> Problem:
    (problem,) = shapes.problems
    return problem


def words(problem: Problem) -> str:
    return problem.template.format(**problem.facts)


def chain(*nodes: Node, inputs: Port | None = None) -> Document:
    names = ["x", *(node.name for node in nodes), "y"]
    wires = " ".join(f"{a}>{b}" for a, b in pairwise(names))
    return net(graph([inputs or x(2, 20)], "y", list(nodes), wires))


def mlp(width: int = 256, wanted: int = 256) -> Document:
    return chain(linear("hidden", 20, width), layer("act", "ReLU"), linear("out", wanted, 10))


# --- where all fits ---------------------------------------------------------------------------------


def test_a_chain() -> None:
    shapes = find(mlp(), revision=4)
    assert [(row.path, row.port, row.value.shape) for row in shapes.ports] == [
        ("Net", "x", (2, 20)),
        ("Net/hidden", "output", (2, 256)),
        ("Net/act", "output", (2, 256)),
        ("Net/out", "output", (2, 10)),
    ]
    assert shapes.problems == () and shapes.revision == 4 and shapes.milliseconds > 0
    assert {row.value.dtype for row in shapes.ports} == {"float32"}


def test_nothing_is_drawn_from_torch_random_numbers() -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    find(chain(linear("a", 20, 33), layer("d", "Dropout"), function("p", "dropout"), function("r", "torch.rand_like")))
    assert torch.equal(torch.rand(1), expected)


@settings(max_examples=60)
@given(documents())
def test_what_is_said_is_what_flows(made: Document) -> None:
    root = made.definition(made.root).graph
    root.inputs[:] = [evolve(port, example=Example((2, 8))) for port in root.inputs]
    shapes = find(made)
    assert [words(problem) for problem in shapes.problems if problem.severity == "error"] == []
    compiled = compile_document(made)
    recorder = Recorder(compiled.program, made)
    with torch.no_grad():
        recorder.run(build_compiled(compiled, 0), {"x": torch.randn(2, 8), "h": torch.randn(2, 8)})
    said = {(row.path, row.port): row.value for row in shapes.ports}
    for where, value in recorder.seen.items():
        assert said[where].shape == tuple(value.shape), where
        assert f"torch.{said[where].dtype}" == str(value.dtype), where


def test_several_outputs_numbers_and_lists() -> None:
    nodes: list[Node] = [
        layer("lstm", "LSTM", input_size=16, hidden_size=8, num_layers=2),
        function("n", "torch.Tensor.size", dim=0),
        function("all", "torch.Tensor.shape"),
        function("parts", "torch.chunk", chunks=2, dim=-1),
    ]
    made = net(graph([x(5, 3, 16)], "y", nodes, "x>lstm lstm>n lstm.h_n>all lstm>parts parts.chunks.0>y"))
    shapes = find(made)
    assert size(shapes, "Net/lstm") == (5, 3, 8)
    assert size(shapes, "Net/lstm", "h_n") == size(shapes, "Net/lstm", "c_n") == (2, 3, 8)
    assert at(shapes, "Net/n") == TensorShape(None, text="5", python_type="int")
    assert at(shapes, "Net/all") == TensorShape(None, text="(2, 3, 8)", python_type="Size")
    assert size(shapes, "Net/parts", "chunks.1") == (5, 3, 4)


def test_constants_parameters_and_hyper_parameters() -> None:
    inner = Definition(
        "Inner",
        graph(
            "x",
            "y",
            [constant("c", "torch.ones(n, 4)"), parameter("p", "torch.rand(4, n + 1)"), function("mm1", "torch.mm"),
             function("mm2", "torch.mm")],
            "x>mm1 c>mm1.mat2 mm1>mm2 p>mm2.mat2 mm2>y",
        ),
        hyper_parameters=[HyperParameter("n", "20")],
    )  # fmt: skip
    nodes = [instance("one", "Inner"), instance("two", "Inner", n=21)]
    made = document(inner, Definition("Net", graph([x(2, 20)], "y", nodes, "x>one.x one.y>two.x two.y>y")))
    shapes = find(made)
    assert shapes.problems == ()
    assert size(shapes, "Inner/c") == (20, 4)
    assert at(shapes, "Inner/p").text == "4×22"  # type: ignore[union-attr]
    assert size(shapes, "Net/two", "y") == (2, 22)


def test_a_lazy_layer_takes_what_it_gets_each_time() -> None:
    for width in (20, 30):
        made = chain(layer("lazy", "LazyLinear", out_features=7), inputs=x(2, width))
        assert size(find(made), "Net/lazy") == (2, 7)


def test_a_sequential_of_everything() -> None:
    inner = Definition("Inner", graph("x", "y", [linear("a", 8, 8)], "x>a a>y"))
    rounds = Repeat(
        name="rounds",
        count=3,
        shared=False,
        index="i",
        body=graph("x", "x", [linear("step", Expression("8 + i"), Expression("9 + i"))], "x>step step>x"),
    )
    children: list[Node] = [linear("first", 20, 8), instance("block", "Inner"), call("again", "block"), rounds]
    body = Graph([Port("input")], [Port("output")], {node.name: node for node in children})
    made = document(
        inner,
        Definition("Net", graph([x(2, 20)], "y", [Sequential(name="net", body=body)], "x>net net>y")),
    )
    shapes = find(made)
    assert shapes.problems == ()
    assert size(shapes, "Net/net.body/again", "y") == (2, 8)
    assert size(shapes, "Net/net.body/rounds.body/step") == (2, 9)
    assert at(shapes, "Net/net.body/rounds.body/step").text == "2×10, 2×11"  # type: ignore[union-attr]
    assert size(shapes, "Net/net") == (2, 11)


# --- what does not fit --------------------------------------------------------------------------------


def test_a_fault_is_where_it_happens_and_hides_nothing_else() -> None:
    nodes = [linear("hidden", 20, 30), linear("out", 256, 10), layer("after", "ReLU"), layer("beside", "Tanh")]
    made = net(graph([x(2, 20)], "y z", nodes, "x>hidden hidden>out out>after after>y hidden>beside beside>z"))
    shapes = find(made)
    problem = only(shapes)
    assert (problem.code, problem.severity, problem.path) == ("shape-mismatch", "error", "Net/out")
    assert words(problem) == (
        "It expects 256 features, but gets 30 (2×30); set in_features to 30, or feed it 256."
    )  # fmt: skip
    assert (problem.facts["option"], problem.facts["fits"]) == ("in_features", 30)
    assert at(shapes, "Net/out") is None and at(shapes, "Net/after") is None
    assert size(shapes, "Net/beside") == (2, 30)


@pytest.mark.parametrize(
    ("node", "shape", "option", "fits"),
    [
        (layer("n", "Conv2d", in_channels=3, out_channels=4, kernel_size=3), (2, 5, 8, 8), "in_channels", 5),
        (layer("n", "ConvTranspose2d", in_channels=3, out_channels=4, kernel_size=3), (2, 5, 8, 8), "in_channels", 5),
        (layer("n", "BatchNorm2d", num_features=3), (2, 5, 8, 8), "num_features", 5),
        (layer("n", "BatchNorm1d", num_features=3), (2, 5), "num_features", 5),
        (layer("n", "LayerNorm", normalized_shape=3), (2, 5), "normalized_shape", 5),
        (layer("n", "LayerNorm", normalized_shape=(2, 3)), (7, 2, 5), "normalized_shape", (2, 5)),
        (layer("n", "GroupNorm", num_groups=1, num_channels=3), (2, 5, 4), "num_channels", 5),
        (layer("n", "LSTM", input_size=3, hidden_size=4), (6, 2, 5), "input_size", 5),
    ],
)
def test_an_option_that_would_fit_is_named(node: Layer, shape: tuple[int, ...], option: str, fits: object) -> None:
    problem = only(find(chain(node, inputs=x(*shape))))
    assert (problem.facts["option"], problem.facts["fits"]) == (option, fits)
    mended = evolve(node, options={**node.options, option: fits})
    assert find(chain(mended, inputs=x(*shape))).problems == ()


@pytest.mark.filterwarnings("ignore:input's size at dim=1 does not match num_features:UserWarning")
def test_a_norm_without_parameters_takes_any_number_of_channels() -> None:
    assert find(chain(layer("n", "InstanceNorm2d", num_features=3), inputs=x(2, 5, 8, 8))).problems == ()


def test_attention_names_its_width() -> None:
    made = net(graph([x(6, 2, 10)], "y", [layer("n", "TransformerEncoderLayer", d_model=8, nhead=2)], "x>n.src n>y"))
    assert only(find(made)).facts["option"] == "d_model"


def two(node: Node, left: tuple[int, ...], right: tuple[int, ...], ports: str, dtype: str = "float32") -> Document:
    first, second, *more = ports.split()
    inputs = [x(*left), x(*right, name="w", dtype=dtype)]
    wires = [f"x>n.{first}", f"w>n.{second}", *(f"x>n.{port}" for port in more), "n>y"]
    return net(graph(inputs, "y", [node], " ".join(wires)))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (two(function("n", "torch.mm"), (2, 20), (30, 10), "input mat2"),
         "2×20 cannot be multiplied by 30×10: the 20 columns must be as many as the 30 rows."),
        (two(function("n", "operator.matmul"), (5, 2, 20), (30, 10), "input other"),
         "5×2×20 cannot be multiplied by 30×10: the 20 columns must be as many as the 30 rows."),
        (two(function("n", "operator.add"), (2, 20), (2, 30), "input other"),
         "2×20 and 2×30 do not fit together: sizes must be equal or 1, not 20 and 30."),
        (two(function("n", "torch.cat", dim=0), (2, 20), (2, 30), "tensors.0 tensors.1"),
         "2×20, 2×30 cannot be joined: all sizes but that of the joined dimension must be equal."),
        (two(function("n", "torch.cat"), (2, 20), (2, 3, 20), "tensors.0 tensors.1"),
         "2×20, 2×3×20 cannot be joined: they must have the same number of dimensions."),
        (two(function("n", "torch.stack"), (2, 20), (2, 30), "tensors.0 tensors.1"),
         "2×20, 2×30 cannot be stacked: they must have the same sizes."),
        (two(function("n", "torch.mm"), (2, 3), (3, 2), "input mat2", "float64"),
         "Its inputs have different types: float32, float64; convert one of them."),
        (chain(function("n", "torch.Tensor.view", shape=(3, 7))),
         "2×20 has 40 elements, 3×7 has 21."),
        (chain(function("n", "torch.reshape", shape=(3, -1))),
         "2×20 has 40 elements, which do not go into 3×?: 3 does not divide them."),
        (chain(linear("n", 20, 5), inputs=x(2, 20, dtype="int64")),
         "Its parameters are float32, but it gets int64; convert the input."),
        (chain(layer("n", "Embedding", num_embeddings=9, embedding_dim=4)),
         "It looks rows up by whole numbers (int64), but gets float32; give the input integers."),
        (chain(layer("n", "GELU"), inputs=x(2, 20, dtype="int64")),
         "It does not work on int64; convert the input."),
        (chain(layer("n", "Conv2d", in_channels=3, out_channels=4, kernel_size=3), inputs=x(2, 20)),
         "It takes C×H×W, N×C×H×W; 2×20 has 2 dimensions."),
        (two(layer("n", "MultiheadAttention", embed_dim=10, num_heads=3), (5, 2, 10), (5, 2, 10), "query key value"),
         "embed_dim must be divisible by num_heads."),
        (chain(function("n", "softmax", dim=3)),
         "There is no dimension 3 in 2×20: it must be from -2 to 1."),
    ],
)  # fmt: skip
def test_mistakes_in_words(made: Document, said: str) -> None:
    problem = only(find(made))
    assert words(problem) == said
    assert problem.path == "Net/n"


def test_a_broken_document_shows_what_is_left_of_it() -> None:
    nodes: list[Node] = [linear("a", 20, 30), Layer(name="b", type="torch.nn.NoSuchThing"), layer("c", "ReLU")]
    shapes = find(net(graph([x(2, 20)], "y", nodes, "x>a a>b b>c c>y")))
    assert size(shapes, "Net/a") == (2, 30)
    assert at(shapes, "Net/c") is None


def test_examples_that_are_none() -> None:
    assert only(find(net(graph("x", "y", [layer("a", "ReLU")], "x>a a>y")))).severity == "info"
    wrong = only(find(chain(layer("a", "ReLU"), inputs=Port("x", example=Example((2, -1))))))
    assert wrong.code == "input-example" and wrong.path == "Net"
    missing = Example(generator="file", file="/no/such/file.pt")
    assert "cannot be read" in words(only(find(chain(layer("a", "ReLU"), inputs=Port("x", example=missing)))))


def test_an_example_from_a_file_is_read_once_for_each_version(tmp_path: Any) -> None:
    file = tmp_path / "x.pt"
    made = chain(layer("a", "ReLU"), inputs=Port("x", example=Example(generator="file", file=str(file))))
    torch.save(torch.zeros(3, 4), file)
    assert size(find(made), "Net/a") == (3, 4)
    torch.save(torch.zeros(5, 4, 2), file)
    assert size(find(made), "Net/a") == (5, 4, 2)


# --- control flow -----------------------------------------------------------------------------------------


def large(name: str = "x") -> Graph:
    nodes = [function("s", "torch.sum"), function("g", "operator.gt", other=1)]
    return graph(name, "c", nodes, f"{name}>s s>g g>c")


def test_a_loop_that_keeps_the_shape() -> None:
    loop = While(
        name="loop",
        condition=large(),
        body=graph("x", "x", [function("half", "operator.truediv", other=2)], "x>half half>x"),
    )
    shapes = find(net(graph([x(2, 20)], "y", [loop], "x>loop.x loop.x>y")))
    assert shapes.problems == ()
    assert size(shapes, "Net/loop", "x") == size(shapes, "Net/loop.body/half") == (2, 20)
    assert at(shapes, "Net/loop.condition/g") == TensorShape((), "bool")


def test_a_loop_that_changes_the_shape() -> None:
    loop = While(name="loop", condition=large(), body=graph("x", "x", [linear("grow", 20, 40)], "x>grow grow>x"))
    shapes = find(net(graph([x(2, 20)], "y", [loop, layer("after", "ReLU")], "x>loop.x loop.x>after after>y")))
    problem = only(shapes)
    assert (problem.code, problem.severity, problem.path) == ("loop-shape", "warning", "Net/loop")
    assert "from 2×20 to 2×40" in words(problem)
    assert at(shapes, "Net/after").text == "changes in the loop"  # type: ignore[union-attr]


def test_a_condition_must_be_one_value() -> None:
    condition = graph("x", "c", [function("g", "operator.gt", other=1)], "x>g g>c")
    loop = While(name="loop", condition=condition, body=graph("x", "x", [layer("a", "ReLU")], "x>a a>x"))
    problem = only(find(net(graph([x(2, 20)], "y", [loop], "x>loop.x loop.x>y"))))
    assert words(problem) == "The condition gives 2×20; it must be a single value."


def test_a_loop_that_shapes_decide_is_gone_through() -> None:
    condition = graph(
        "x", "c", [function("d", "torch.Tensor.size", dim=0), function("g", "operator.lt", other=8)], "x>d d>g g>c"
    )
    body = graph("x", "x", [function("two", "torch.cat")], "x>two.tensors.0 x>two.tensors.1 two>x")
    loop = While(name="loop", condition=condition, body=body)
    shapes = find(net(graph([x(1, 3)], "y", [loop], "x>loop.x loop.x>y")))
    assert size(shapes, "Net/loop", "x") == (8, 3)


def branch(then: Node, otherwise: Node, condition: Graph) -> If:
    return If(
        name="choice",
        condition=condition,
        then=graph("x", "y", [then], f"x>{then.name} {then.name}>y"),
        otherwise=graph("x", "y", [otherwise], f"x>{otherwise.name} {otherwise.name}>y"),
    )


def test_branches() -> None:
    def shapes_of(then: Node, otherwise: Node) -> Shapes:
        node = branch(then, otherwise, large())
        return find(net(graph([x(2, 20)], "y", [node], "x>choice.x choice.y>y")))

    assert size(shapes_of(layer("a", "ReLU"), layer("b", "Tanh")), "Net/choice", "y") == (2, 20)
    differ = shapes_of(linear("a", 20, 10), layer("b", "Tanh"))
    assert only(differ).severity == "info"
    assert words(only(differ)) == "“y” is 2×10 or 2×20, depending on the data."
    assert at(differ, "Net/choice", "y").text == "depends on data"  # type: ignore[union-attr]
    assert size(differ, "Net/choice.then/a") == (2, 10)
    assert only(shapes_of(linear("a", 21, 10), layer("b", "Tanh"))).path == "Net/choice.then/a"


def test_the_branch_that_is_not_taken_has_no_faults() -> None:
    condition = graph("x", "c", [function("eq", "operator.eq", input=Expression("n"), other=1)], "eq>c")
    inner = Definition(
        "Inner",
        graph("x", "y", [branch(linear("a", 20, 10), linear("b", 99, 10), condition)], "x>choice.x choice.y>y"),
        hyper_parameters=[HyperParameter("n", "1")],
    )
    made = document(inner, Definition("Net", graph([x(2, 20)], "y", [instance("i", "Inner")], "x>i.x i.y>y")))
    shapes = find(made)
    assert shapes.problems == ()
    assert size(shapes, "Net/i", "y") == (2, 10)


def test_rounds() -> None:
    body = graph("x", "x", [linear("step", Expression("20 + i"), Expression("21 + i"))], "x>step step>x")

    def made(count: Any) -> Document:
        node = Repeat(name="rounds", count=count, shared=False, body=body)
        return net(graph([x(2, 20)], "y", [node], "x>rounds.x rounds.x>y"))

    assert size(find(made(5)), "Net/rounds", "x") == (2, 25)
    assert size(find(made(0)), "Net/rounds", "x") == (2, 20)
    assert size(find(made(0)), "Net/rounds.body/step") == (2, 21), "shown although it does not run"


def test_a_million_equal_rounds_cost_one() -> None:
    """Else this would take half an hour."""
    body = graph("x", "x", [function("plus", "operator.add", other=1)], "x>plus plus>x")
    node = Repeat(name="rounds", count=10**6, shared=True, body=body)
    assert size(find(net(graph([x(2, 20)], "y", [node], "x>rounds.x rounds.x>y"))), "Net/rounds", "x") == (2, 20)


@pytest.mark.parametrize(
    "nodes",
    [
        [function("n", "torch.nonzero")],
        [function("n", "torch.unique")],
        [function("s", "torch.sum"), function("n", "torch.Tensor.item")],
        [function("mask", "operator.gt", other=0), function("n", "operator.getitem")],
    ],
    ids=lambda nodes: nodes[-1].type,
)
def test_what_depends_on_data_says_so(nodes: list[Node]) -> None:
    wires = "x>mask mask>n.index x>n n>y" if nodes[0].name == "mask" else "x>s s>n n>y" if len(nodes) > 1 else "x>n n>y"
    shapes = find(net(graph([x(2, 20)], "y", nodes, wires)))
    assert at(shapes, "Net/n") == TensorShape(None, text="depends on data")
    assert shapes.problems == ()


def test_numbers_in_a_validity_check_do_not_matter() -> None:
    """This loss looks whether any variance is negative, which the meta device cannot tell."""
    inputs = [x(4, 10), x(4, 10, name="t"), x(4, 10, name="v")]
    made = net(graph(inputs, "y", [layer("n", "GaussianNLLLoss")], "x>n t>n.target v>n.var n>y"))
    assert size(find(made), "Net/n") == ()


# --- definitions ------------------------------------------------------------------------------------------------


def test_a_definition_shows_its_first_use_and_says_that_others_differ() -> None:
    inner = Definition("Inner", graph("x", "y", [layer("act", "ReLU")], "x>act act>y"))
    nodes = [instance("one", "Inner"), linear("wide", 20, 40), instance("two", "Inner")]
    made = document(inner, Definition("Net", graph([x(2, 20)], "y", nodes, "x>one.x one.y>wide wide>two.x two.y>y")))
    shapes = find(made)
    assert at(shapes, "Inner/act") == TensorShape((2, 20), "float32", "2×40")
    assert size(shapes, "Net/two", "y") == (2, 40)


def test_a_definition_out_of_reach_has_its_own_examples() -> None:
    other = Definition("Other", graph([x(3, 5)], "y", [layer("act", "ReLU")], "x>act act>y"))
    plain = Definition("Plain", graph("x", "y", [layer("act", "ReLU")], "x>act act>y"))
    made = document(other, plain, *mlp().definitions.values())
    assert at(find(made), "Other/act") is None
    shapes = find(made, shown=("Other", "Plain", "Missing"))
    assert size(shapes, "Other/act") == (3, 5)
    assert shapes.problems == ()


def test_deeply_nested_blocks() -> None:
    limit = sys.getrecursionlimit()
    try:
        blocks = [Definition("B0", graph("x", "y", [linear("l", 20, 5)], "x>l l>y"))]
        for n in range(1, 140):
            blocks.append(Definition(f"B{n}", graph("x", "y", [instance("b", f"B{n - 1}")], "x>b.x b.y>y")))
        root = Definition("Net", graph([x(2, 20)], "y", [instance("b", "B139")], "x>b.x b.y>y"))
        assert size(find(document(*blocks, root)), "Net/b", "y") == (2, 5)
    finally:
        sys.setrecursionlimit(limit)


# --- Python of the user's own --------------------------------------------------------------------------------


def coded(source: str, name: str = "Own", **options: Any) -> Document:
    code = CodeDefinition(name, f"class {name}(nn.Module):\n" + "".join(f"    {line}\n" for line in source.split("\n")))
    return document(code, Definition("Net", graph([x(2, 20)], "y", [instance("own", name, **options)], "x>own own>y")))


OWN = "def __init__(self, units):\n    super().__init__()\n    self.w = nn.Parameter(torch.randn(20, units))\n"
FORWARD = "def forward(self, input):\n    "


def test_code_runs_only_if_it_is_trusted() -> None:
    made = coded(OWN + FORWARD + "return input @ self.w", units=7)
    shapes = find(made)
    assert (only(shapes).code, only(shapes).severity, only(shapes).path) == ("code-untrusted", "info", "Net/own")
    assert at(shapes, "Net/own").text == "Python not allowed yet"  # type: ignore[union-attr]
    assert size(find(made, trusted=True), "Net/own") == (2, 7)


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (FORWARD + "return input @ torch.ones(30, 2)", "code-error", "failed in line 3: RuntimeError: a and b must"),
        (FORWARD + "raise ValueError('no')\n    return 1", "code-error", "“Own” failed in line 3: ValueError: no"),
        ("def __init__(self):\n    self.x = 1 / 0\n" + FORWARD + "return input", "code-error", "line 3: ZeroDivision"),
        (FORWARD + "return print(input)", "code-returns", "“Own” returns nothing"),
        (FORWARD + "import sys\n    return sys.exit()", "code-error", "SystemExit"),
        (FORWARD + "while True: pass\n    return input", "code-endless", "did not finish within 0.2 seconds"),
        (FORWARD + "return input\nx = 1 / 0", "code-error", "“Own” failed in line 4: ZeroDivisionError"),
    ],
)  # fmt: skip
def test_code_that_fails(source: str, code: str, said: str) -> None:
    finder = ShapeFinder()
    finder.steps.code.seconds = 0.2
    problem = only(finder.shapes(coded(source), trusted=True))
    assert problem.code == code and problem.path == "Net/own"
    assert said in words(problem)
    assert problem.code != "code-error" or "Traceback" in problem.detail


def test_code_that_looks_at_the_data() -> None:
    made = coded(FORWARD + "if input.sum() > 0:\n        return input\n    return -input")
    assert find(made, trusted=True).problems == ()
    assert at(find(made, trusted=True), "Net/own").text == "depends on data"  # type: ignore[union-attr]


def test_code_that_changes_its_input_changes_nothing_else() -> None:
    made = coded(FORWARD + "return input.t_()")
    for _ in range(2):
        shapes = find(made, trusted=True)
        assert (size(shapes, "Net", "x"), size(shapes, "Net/own")) == ((2, 20), (20, 2))


# --- an edit costs what it touches --------------------------------------------------------------------------------


def test_an_edit_costs_what_it_touches(monkeypatch: pytest.MonkeyPatch) -> None:
    made = chain(*(linear(f"l{n}", 20, 20) for n in range(50)))
    finder = ShapeFinder()
    finder.shapes(made)
    performed: list[Any] = []
    original = type(finder.steps)._perform
    monkeypatch.setattr(
        type(finder.steps), "_perform", lambda self, *given: performed.append(given) or original(self, *given)
    )
    place = Location("Net")
    made.apply(SetNode(place, linear("l9", 20, 21)))
    made.apply(SetNode(place, linear("l10", 21, 20)))
    assert finder.shapes(made).problems == ()
    assert len(performed) == 2
    finder.shapes(made)
    assert len(performed) == 2
    made.apply(SetPorts(place, "inputs", (x(3, 20),)))
    assert size(finder.shapes(made), "Net/l49") == (3, 20)
    assert len(performed) == 5, "three kinds of layers with another input"
