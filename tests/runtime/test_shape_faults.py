"""What does not fit, in words."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from attrs import evolve

from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    Example,
    Layer,
    Node,
    Port,
)
from tests.compiler.documents import (
    function,
    graph,
    layer,
    linear,
    net,
)
from tests.runtime.finding import at, chain, find, only, size, words, x


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
