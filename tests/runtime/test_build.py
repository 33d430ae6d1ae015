"""Models from documents: as if written by hand, and exceptions that name their node."""

from __future__ import annotations

import gc
import linecache
import subprocess
import sys
import traceback
import weakref

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import blockstudio as bs
from blockstudio.compiler import compile_document
from blockstudio.errors import CompileError, RunError
from blockstudio.graph.document import Document
from blockstudio.graph.model import CodeDefinition, Definition, HyperParameter, Repeat
from blockstudio.runtime.build import build, build_compiled, explain, explained, model_class
from tests.compiler.documents import document, function, graph, instance, layer, linear, net
from tests.compiler.models import MODELS, chained


class MLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(20, 256)
        self.out = nn.Linear(256, 10)

    def forward(self, X: Tensor) -> Tensor:
        out: Tensor = self.out(F.relu(self.hidden(X)))
        return out


class FixedHiddenMLP(nn.Module):
    rand_weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("rand_weight", torch.rand(20, 20))
        self.linear = nn.Linear(20, 20)

    def forward(self, X: Tensor) -> Tensor:
        X = self.linear(X)
        X = F.relu(torch.mm(X, self.rand_weight) + 1)
        X = self.linear(X)
        while X.abs().sum() > 1:
            X = X / 2
        return X.sum()


@pytest.mark.parametrize(("model", "by_hand"), [("mlp", MLP), ("fixed_hidden_mlp", FixedHiddenMLP)])
@pytest.mark.parametrize("seed", [0, 7])
def test_a_model_has_the_keys_weights_and_outputs_of_one_written_by_hand(
    model: str, by_hand: type[nn.Module], seed: int
) -> None:
    torch.manual_seed(seed)
    expected = by_hand()
    made = bs.build(MODELS[model](), seed=seed)
    assert list(made.state_dict()) == list(expected.state_dict())
    for key, value in expected.state_dict().items():
        assert torch.equal(made.state_dict()[key], value), key
    X = torch.rand(2, 20)
    assert torch.equal(made(X), expected(X))
    assert type(made).__name__ == by_hand.__name__


def test_building_leaves_torchs_random_numbers_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    build(MODELS["mlp"](), seed=0)
    assert torch.equal(torch.rand(4), expected)


def test_without_a_seed_it_is_the_documents() -> None:
    made = MODELS["mlp"]()
    made.seed = 5
    one, other = build(made).state_dict(), build(made, seed=5).state_dict()
    assert torch.equal(one["hidden.weight"], other["hidden.weight"])
    assert not torch.equal(one["hidden.weight"], build(made, seed=0).state_dict()["hidden.weight"])


def test_hyper_parameters_of_the_root() -> None:
    with pytest.raises(CompileError, match="width"):
        build(MODELS["attention"]())
    made = build(MODELS["attention"](), width=8, heads=2)
    assert made(torch.rand(3, 8), torch.rand(5, 8))[0].shape == (3, 8)


def test_initialisers_are_run() -> None:
    state = build(MODELS["initializers"]()).state_dict()
    assert state["net.0.weight"][0, 0] == 42
    assert state["net.0.bias"].abs().sum() == 0
    assert ((state["net.2.weight"].abs() >= 5) | (state["net.2.weight"] == 0)).all()
    assert state["net.0.weight"].requires_grad is False


def test_parameters_of_initialised_models_are_still_trained() -> None:
    made = build(MODELS["initializers"]())
    made(torch.rand(2, 4)).sum().backward()
    assert all(parameter.requires_grad and parameter.grad is not None for parameter in made.parameters())


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("attention", "devices")])
def test_every_model_is_built_and_gives_the_same_from_its_source_alone(name: str) -> None:
    compiled = compile_document(MODELS[name]())
    made = build_compiled(compiled, 0)
    namespace: dict[str, object] = {"__name__": "alone"}
    exec(compiled.source, namespace)
    torch.manual_seed(0)
    alone = namespace[compiled.root]()  # type: ignore[operator]
    for key, value in alone.state_dict().items():
        assert torch.equal(made.state_dict()[key], value), key


def test_a_layer_called_twice_is_one_layer_whose_gradients_add_up() -> None:
    made = build(MODELS["shared"]())
    made(torch.rand(2, 4)).sum().backward()
    assert len({id(p) for p in made.parameters()}) == 6
    assert made.net[2] is made.net[4]
    assert made.net[6] is made.linear


# --- exceptions ---------------------------------------------------------------------------------


def raised(made: Document, *inputs: Tensor) -> RunError:
    model = build(made)
    with pytest.raises(RunError) as found, explained():
        model(*inputs)
    return found.value


def test_several_nodes_on_a_line_are_told_apart() -> None:
    nodes = [linear("hidden", 20, 256, comment="中文"), function("relu"), linear("out", 256, 10)]
    for wrong, width in (("hidden", 19), ("out", 20)):
        fitting = [linear("hidden", width, 256)] if wrong == "hidden" else [nodes[0]]
        out = linear("out", 999, 10) if wrong == "out" else nodes[2]
        made = net(graph("X", "y", [*fitting, nodes[1], out], "X>hidden hidden>relu relu>out out>y"), "MLP")
        assert "self.out(F.relu(self.hidden(X)))" in compile_document(made).source
        error = raised(made, torch.rand(2, 20))
        assert error.path == f"MLP/{wrong}"
        assert error.facts["instance"] == f"MLP/{wrong}"
        assert "cannot be multiplied" in error.message


def test_a_line_with_wide_characters_before_the_node() -> None:
    nodes = [linear("名字", 20, 20), function("relu"), linear("out", 99, 10)]
    made = net(graph("输入", "y", nodes, "输入>名字 名字>relu relu>out out>y"))
    assert raised(made, torch.rand(2, 20)).path == "Net/out"


def test_the_way_through_nested_instances() -> None:
    wrong = Definition("Inner", graph("x", "y", [linear("fc", 9, 8)], "x>fc fc>y"))
    middle = Definition(
        "Middle", graph("x", "y", [chained(layer("act", "ReLU"), instance("inner", "Inner"))], "x>net net>y")
    )
    made = document(
        wrong, middle, Definition("Net", graph("x", "y", [instance("middle", "Middle")], "x>middle.x middle.y>y"))
    )
    error = raised(made, torch.rand(2, 8))
    assert error.path == "Inner/fc"
    assert error.facts["instance"] == "Net/middle/net/1/fc"


def test_a_child_of_a_sequential_and_a_round_of_a_repeat() -> None:
    made = net(graph("x", "y", [chained(layer("act", "ReLU"), linear("fc", 9, 8))], "x>net net>y"))
    error = raised(made, torch.rand(2, 8))
    assert (error.path, error.facts["instance"]) == ("Net/net.body/fc", "Net/net/1")
    body = graph("x", "x", [linear("layers", 8, 7)], "x>layers layers>x")
    made = net(graph("x", "y", [Repeat(name="stack", shared=False, body=body)], "x>stack.x stack.x>y"))
    assert "nn.Sequential(*[" in compile_document(made).source
    error = raised(made, torch.rand(2, 8))
    assert (error.path, error.facts["instance"]) == ("Net/stack.body/layers", "Net/layers/1")


def test_nodes_in_control_flow() -> None:
    made = MODELS["fixed_hidden_mlp"]()
    model = build(made)
    with pytest.raises(RunError) as found, explained():
        model(torch.rand(2, 20).to(torch.complex64).real.int())
    assert found.value.path == "FixedHiddenMLP/linear"
    made = MODELS["branches"]()
    with pytest.raises(RunError) as found, explained():
        build(made)(torch.rand(2, 8).int())
    assert found.value.path == "Net/choose.condition/mean"


def test_building_names_the_node_too() -> None:
    wrong = layer("conv", "Conv2d", in_channels=3, out_channels=5, kernel_size=3, groups=2)
    for made in (
        net(graph("x", "y", [wrong], "x>conv conv>y")),
        net(graph("x", "y", [chained(layer("act", "ReLU"), wrong)], "x>net net>y")),
    ):
        with pytest.raises(RunError, match="groups") as found:
            build(made)
        assert found.value.path.endswith("/conv")


CODE = """
from torch import nn


class Mine(nn.Module):
    def __init__(self, fail=False):
        super().__init__()
        if fail:
            raise ValueError("not today")

    def forward(self, x):
        return {body}
"""


def test_custom_code_names_the_instance() -> None:
    def with_body(body: str, **options: object) -> Document:
        main = Definition("Net", graph("x", "y", [instance("mine", "Mine", **options)], "x>mine.x mine>y"))
        return document(CodeDefinition("Mine", CODE.format(body=body)), main)

    error = raised(with_body("x / 0 + missing"), torch.rand(2))
    assert (error.path, error.facts["kind"]) == ("Net/mine", "NameError")
    with pytest.raises(RunError, match="not today") as found:
        build(with_body("x", fail=True))
    assert found.value.path == "Net/mine"
    with pytest.raises(RunError, match="division"):
        build(document(CodeDefinition("Mine", "1 / 0\n" + CODE.format(body="x"))))


def test_other_exceptions_pass_through() -> None:
    with pytest.raises(KeyError), explained():
        raise KeyError("mine")
    with pytest.raises(KeyboardInterrupt), explained():
        raise KeyboardInterrupt
    assert explain(ValueError("no traceback")) is None


def test_tracebacks_show_the_generated_source() -> None:
    model = build(MODELS["mlp"]())
    with pytest.raises(RuntimeError) as found:
        model(torch.rand(2, 3))
    shown = "".join(traceback.format_exception(found.value))
    assert "return self.out(F.relu(self.hidden(X)))\n                           ^^^^^^^^^^^^^^" in shown


def test_the_source_is_forgotten_with_the_class() -> None:
    before = set(linecache.cache)
    found = model_class(compile_document(MODELS["mlp"]()))
    assert len(set(linecache.cache) - before) == 1
    gone = weakref.ref(found)
    del found
    gc.collect()
    assert gone() is None
    assert set(linecache.cache) <= before


def test_torch_can_trace_and_export_what_was_built() -> None:
    model = build(MODELS["mlp"]()).eval()
    X = torch.rand(2, 20)
    exported = torch.export.export(model, (X,)).module()
    torch.testing.assert_close(exported(X), model(X))
    graph_module = torch.fx.symbolic_trace(model)
    assert torch.equal(graph_module(X), model(X))


def test_the_compiler_needs_no_torch() -> None:
    code = (
        "import sys\nfrom blockstudio.graph.document import Document\nfrom blockstudio.graph.model import Definition\n"
        "import blockstudio as bs\nd = Document('Net', {'Net': Definition('Net')})\nbs.check(d)\nbs.source(d)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"


def test_a_tower_of_blocks_as_high_as_allowed_can_be_built_and_run() -> None:
    definitions = [Definition("D0", graph("x", "y", [linear("fc", 8, 8)], "x>fc fc>y"))]
    for level in range(1, 150):
        inner = instance("inner", f"D{level - 1}")
        definitions.append(
            Definition(
                f"D{level}",
                graph("x", "y", [inner], "x>inner.x inner.y>y"),
                hyper_parameters=[HyperParameter("n", "1")],
            )
        )
    assert build(document(*definitions))(torch.rand(2, 8)).shape == (2, 8)


def test_memory_that_ran_out_is_told_in_plain_words() -> None:
    huge = net(graph("x", "y", [linear("a", 2, 10**12)], "x>a a>y"))
    with pytest.raises(RunError, match=r"not enough memory for it: it needs 7,450\.6 GB more") as caught:
        build(huge)
    assert caught.value.path == "Net/a" and caught.value.facts["kind"] == "RuntimeError"
