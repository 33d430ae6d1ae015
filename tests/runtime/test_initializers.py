from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from blockstudio.compiler import Compiled, compile_document
from blockstudio.errors import CompileError, EditError, RunError
from blockstudio.graph.document import Document
from blockstudio.graph.model import Call, Definition, Expression, HyperParameter, Initializer, Sequential
from blockstudio.runtime.initializers import Applied, apply
from tests.compiler.documents import document, graph, instance, layer, linear

INIT = "torch.nn.init."


def rule(function: str = "", target: str = "", **fields: Any) -> Initializer:
    return Initializer(target=target, function=INIT + function if function else "", **fields)


def built(there: Document) -> tuple[nn.Module, Compiled]:
    compiled = compile_document(there)
    names: dict[str, Any] = {"__name__": "generated"}
    exec(compiled.source, names)
    return names[compiled.root](), compiled


def mlp(**extra: Any) -> Document:
    """Two instances of a block with a Linear and a norm, and a Linear that is called twice."""
    layers = [linear("hidden", 4, Expression("width")), layer("relu", "ReLU"), linear("out", Expression("width"), 4)]
    block = Definition(
        "Block",
        graph("x", "output", layers, "x>hidden hidden>relu relu>out out>output"),
        hyper_parameters=[HyperParameter("width", "8")],
    )
    nodes = [
        instance("first", "Block", width=16),
        instance("second", "Block"),
        layer("norm", "BatchNorm1d", num_features=4),
        linear("shared", 4, 4),
        Call(name="again", layer="shared"),
    ]
    wires = "x>first.x first>second.x second>norm norm>shared shared>again again>output"
    return document(block, Definition("Net", graph("x", "output", nodes, wires)), **extra)


def done(
    definition: str, *rules: Initializer, there: Document | None = None, seed: int | None = 0
) -> tuple[nn.Module, Applied]:
    there = there or mlp()
    net, compiled = built(there)
    return net, apply(net, compiled, there, definition, rules, seed)


def state(net: nn.Module) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in net.state_dict().items()}


def test_by_type_in_every_instance_of_a_block() -> None:
    net, applied = done(
        "Block", rule("normal_", layer_type="torch.nn.Linear", parameter="weight", arguments={"std": 0.01})
    )
    assert set(applied.before) == {
        f"{block}.{layer}.weight" for block in ("first", "second") for layer in ("hidden", "out")
    }
    assert net.first.hidden.weight.std().item() == pytest.approx(0.01, rel=0.3)
    change = applied.changes[0]
    assert change.before is not None and change.after is not None
    assert change.after_statistics.std == pytest.approx(0.01, rel=0.3)
    assert len(change.density) > 10 and change.bounds is None


def test_the_same_numbers_as_torch_itself() -> None:
    net, _ = done("Net", rule("xavier_uniform_", "shared", parameter="weight"), seed=7)
    torch.manual_seed(7)
    assert torch.equal(net.shared.weight, nn.init.xavier_uniform_(torch.empty(4, 4)))


def test_the_same_as_the_generated_code() -> None:
    rules = [rule("kaiming_normal_", "first"), rule("constant_", "shared", parameter="bias", arguments={"val": 42.0})]
    net, _ = done("Net", *rules, seed=3)
    ruled = mlp()
    ruled.definition("Net").initializers[:] = rules
    built(mlp())  # the same random numbers are drawn before
    compiled = compile_document(ruled)
    names: dict[str, Any] = {}
    exec(compiled.source, names)
    other = names["Net"]()
    torch.manual_seed(3)
    other.init_weights()
    for key in ("first.hidden.weight", "first.out.weight", "shared.bias"):
        assert torch.equal(net.get_parameter(key), other.get_parameter(key))


def test_every_parameter_of_a_block_that_has_the_rank() -> None:
    _, applied = done("Net", rule("xavier_normal_"))
    assert all(value.dim() == 2 for value in applied.before.values()) and len(applied.before) == 5
    assert all(change.density for change in applied.changes)


def test_a_shared_layer_counts_once() -> None:
    net, applied = done("Net", rule("ones_", "shared"))
    assert set(applied.before) == {"shared.weight", "shared.bias"}
    assert net.shared.weight.unique().tolist() == [1]


def test_later_rules_win_and_their_density_is_shown() -> None:
    rules = [rule("normal_"), rule("uniform_", "shared", parameter="weight", arguments={"a": -2.0, "b": 2.0})]
    _, applied = done("Net", *rules)
    bounds = {change.path: change.bounds for change in applied.changes}
    assert bounds["shared.weight"] == (-2, 2) and bounds["shared.bias"] is None


@pytest.mark.parametrize(
    ("index", "expression", "expected"),
    [
        ("0, 0", "42", [[42, 1], [2, 3]]),
        ("", "x + 1", [[1, 2], [3, 4]]),
        ("0", "x * 10 - 1", [[-1, 9], [2, 3]]),
        (":, 1", "0", [[0, 0], [2, 0]]),
        ("", "torch.where(x > 1, x, -1)", [[-1, -1], [2, 3]]),
        ("1, 1", "torch.nan", [[0, 1], [2, math.nan]]),
        ("...", "torch.eye(2)", [[1, 0], [0, 1]]),
        ("", "5", [[5, 5], [5, 5]]),
        ("-1, :", "x.flip(0)", [[0, 1], [3, 2]]),
    ],
)
def test_elements_and_slices(index: str, expression: str, expected: list[list[float]]) -> None:
    there = document(Definition("Net", graph("x", "output", [linear("one", 2, 2)], "x>one one>output")))
    net, compiled = built(there)
    net.one.weight.data = torch.arange(4.0).reshape(2, 2)
    applied = apply(
        net, compiled, there, "Net", [Initializer(target="one", parameter="weight", index=index, expression=expression)]
    )
    assert torch.equal(torch.nan_to_num(net.one.weight, 99), torch.nan_to_num(torch.tensor(expected), 99))
    assert applied.before["one.weight"].tolist() == [[0, 1], [2, 3]]
    assert net.one.weight.requires_grad and net.one.weight.is_leaf


@pytest.mark.parametrize(
    ("failing", "message"),
    [
        (rule("xavier_uniform_", "shared", parameter="bias"), r"“shared\.bias” of shape \(4\): Fan in and fan out"),
        (rule("uniform_", "shared", arguments={"a": 2.0, "b": 1.0}), r"“shared\.weight” of shape \(4, 4\)"),
        (Initializer(target="shared", parameter="weight", index="9, 9", expression="0"), "index 9 is out of bounds"),
        (Initializer(target="shared", parameter="weight", expression="torch.zeros(3)"), "must match the size|expand"),
        (rule("normal_", layer_type="torch.nn.Conv2d", parameter="weight"), "no parameter here that this fills"),
    ],
)
def test_a_rule_that_fails_leaves_everything_as_it_was(failing: Initializer, message: str) -> None:
    net, compiled = built(mlp())
    before = state(net)
    with pytest.raises(RunError, match=message):
        apply(net, compiled, mlp(), "Net", [rule("ones_"), failing] if "no param" not in message else [failing])
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_the_node_at_fault_is_named() -> None:
    with pytest.raises(RunError) as caught:
        done("Net", rule("xavier_uniform_", "shared", parameter="bias"))
    assert caught.value.path == "Net/shared"


@pytest.mark.parametrize(
    "wrong",
    [
        rule("normal_", "nowhere"),
        rule("no_such_"),
        Initializer(expression="__import__('os')"),
        Initializer(expression="y + 1"),
        Initializer(target="shared", parameter="weight", index="f()", expression="1"),
        Initializer(),
    ],
)
def test_rules_that_are_none(wrong: Initializer) -> None:
    with pytest.raises(CompileError):
        done("Net", wrong)
    with pytest.raises(EditError):
        done("Nowhere", wrong)


def test_functions_of_the_users_own() -> None:
    source = "import math\n\ndef spread(tensor, factor):\n    tensor.uniform_(-factor, math.pi)\n    return missing\n"
    there = mlp(functions={"spread": source.replace("    return missing\n", "")})
    own = Initializer(target="shared", parameter="weight", function="spread", arguments={"factor": 3.0})
    net, applied = done("Net", own, there=there)
    assert -3 < net.shared.weight.min() < net.shared.weight.max() < math.pi
    assert applied.changes[0].density == ()
    failing = mlp(functions={"spread": source})
    with pytest.raises(RunError, match=r"“shared\.weight” of shape \(4, 4\): name 'missing' is not defined"):
        done("Net", own, there=failing)


def test_hyper_parameters_that_the_class_did_not_need() -> None:
    own = rule("constant_", "hidden", parameter="bias", arguments={"val": Expression("width * 2")})
    net, _ = done("Block", own)
    assert net.first.hidden.bias.unique().tolist() == [32]
    assert net.second.hidden.bias.unique().tolist() == [16]
    assert not hasattr(net.first, "width")


def test_parameters_within_torch_layers_and_sequentials() -> None:
    body = graph("", "", [linear("one", 2, 2), layer("act", "ReLU"), linear("two", 2, 2)])
    there = document(Definition("Net", graph("x", "output", [Sequential(name="net", body=body)], "x>net net>output")))
    net, applied = done("Net", rule("zeros_", "net.2", parameter="weight"), there=there)
    assert set(applied.before) == {"net.2.weight"} and not net.net[2].weight.any()


def test_seeds() -> None:
    weights = [done("Net", rule("normal_", "shared"), seed=seed)[0].shared.weight for seed in (1, 1, 2)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
