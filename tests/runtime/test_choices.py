"""Definitions that hyper-parameters shape: what is made, how its parameters are keyed, and what runs."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from blockstudio.compiler import check, compile_document
from blockstudio.graph.document import Document
from blockstudio.graph.model import Example, Expression, Graph, HyperParameter, If, Initializer, Node, Port, Repeat
from blockstudio.runtime.build import build_compiled, model_class
from blockstudio.runtime.recorder import Recorder
from blockstudio.runtime.shapes import ShapeFinder
from tests.compiler.documents import call, function, graph, layer, linear, net
from tests.compiler.models import choices, chosen, resnet, stages


def unit(document: Document, **values: object) -> nn.Module:
    return model_class(compile_document(document, "Unit"))(3, 8, **values)


@pytest.mark.parametrize(
    ("values", "made", "keys"),
    [
        ({}, [nn.Conv2d, nn.BatchNorm2d, nn.ReLU], {"norm.weight", "norm.bias", "norm.running_mean"}),
        ({"normalise": "group", "activation": "gelu"}, [nn.Conv2d, nn.GroupNorm, nn.GELU], {"norm.weight"}),
        ({"normalise": "none"}, [nn.Conv2d, nn.ReLU], set()),
    ],
)
def test_one_of_several_layers_of_a_name_is_made(
    values: dict[str, object], made: list[type[nn.Module]], keys: set[str]
) -> None:
    model = unit(choices(), **values)
    assert [type(child) for child in model.children()] == made
    assert keys <= set(model.state_dict())
    assert model(torch.rand(2, 3, 8, 8)).shape == (2, 8, 8, 8)


def test_rounds_are_counted_by_lists_and_keyed_without_the_name_of_the_repeat() -> None:
    document = choices()
    model = build_compiled(compile_document(document), 0, layers=(1, 3), widths=(16, 32))
    stems = {".".join(key.split(".")[:2]) for key in model.state_dict()}
    assert stems == {"layer1.0", "layer2.0", "layer2.1", "layer2.2"}
    assert [module.conv.stride for module in model.layer2] == [(2, 2), (1, 1), (1, 1)]
    assert isinstance(model.layer2[0].norm, nn.GroupNorm)


def test_every_key_leads_to_the_node_that_was_made_of_it() -> None:
    compiled = compile_document(choices())
    net = build_compiled(compiled, 0)
    for key, tensor in net.state_dict(keep_vars=True).items():
        landing = compiled.follow(key)
        assert landing is not None and landing.node is not None
        assert eval(f"net{landing.python}", {"net": net}) is tensor
    found = {key: compiled.follow(key) for key in ("layer1.0.norm.weight", "layer2.0.norm.weight")}
    assert {key: landing.node.type for key, landing in found.items() if landing and landing.node} == {  # type: ignore[attr-defined]
        "layer1.0.norm.weight": "torch.nn.BatchNorm2d",
        "layer2.0.norm.weight": "torch.nn.GroupNorm",
    }


def test_nodes_one_by_one_give_what_the_source_gives() -> None:
    document = choices()
    compiled = compile_document(document)
    model = build_compiled(compiled, 0).eval()
    x = torch.rand(2, 3, 8, 8)
    torch.testing.assert_close(Recorder(compiled.program, document).run(model, {"x": x})[0], model(x))


def twice(owned: str = "fc") -> Document:
    """A layer of one name in two branches, each called again there."""

    def branch(type: str, again: str, **options: object) -> Graph:
        nodes = [layer("fc", type, **options), call(again, owned)]
        return graph("x", "y", nodes, f"x>fc fc>{again} {again}>y")

    then, otherwise = branch("Linear", "one", in_features=4, out_features=4), branch("Tanh", "two")
    either = chosen("either", "wide", then, otherwise)
    wires = "x>either.x either.y>out"
    return net(graph("x", "out", [either], wires), hyper_parameters=[HyperParameter("wide", "True")])


def test_a_layer_is_called_again_in_its_own_branch() -> None:
    document = twice()
    assert [problem for problem in check(document) if problem.severity == "error"] == []
    compiled = compile_document(document)
    assert compiled.source.count("self.fc(self.fc(x))") == 1
    x = torch.rand(2, 4)
    torch.testing.assert_close(build_compiled(compiled, 0, wide=False)(x), x.tanh().tanh())
    assert set(build_compiled(compiled, 0).state_dict()) == {"fc.weight", "fc.bias"}


def test_two_layers_of_a_name_are_refused_where_both_could_be_made() -> None:
    document = twice()
    node = document.definition("Net").graph.nodes["either"]
    assert isinstance(node, If)
    node.condition.nodes["either_test"] = function("either_test", "torch.rand", size=(1,))
    codes = {problem.code for problem in check(document) if problem.severity == "error"}
    assert codes == {"node.duplicate"}


def test_shapes_are_known_in_both_branches() -> None:
    document = twice()
    document.definition("Net").graph.inputs[0] = Port("x", example=Example((2, 4)))
    shapes = ShapeFinder().shapes(document)
    assert shapes.problems == ()
    known = {row.path: row.value.shape for row in shapes.ports if row.value.shape}
    assert known["Net/either.then/fc"] == known["Net/either.otherwise/two"] == (2, 4)


def stack(residual: bool) -> Document:
    """A block whose members are the rounds of its only Repeat."""
    nodes: list[Node] = [linear("0", 4, Expression("4"))]
    wires = "x>0 0>x"
    if residual:
        nodes.append(function("add", "operator.add"))
        wires = "x>0 0>add x>add.other add>x"
    rounds = Repeat(name="rounds", shared=False, count=Expression("depth"), body=graph("x", "x", nodes, wires))
    return net(
        graph("x", "out", [rounds], "x>rounds.x rounds.x>out"),
        name="Stack",
        hyper_parameters=[HyperParameter("depth", "3")],
    )


@pytest.mark.parametrize("residual", [False, True])
def test_rounds_can_be_the_members_of_the_block_itself(residual: bool) -> None:
    document = stack(residual)
    compiled = compile_document(document)
    model = build_compiled(compiled, 0, depth=2)
    assert isinstance(model, nn.ModuleList if residual else nn.Sequential)
    assert set(model.state_dict()) == {"0.weight", "0.bias", "1.weight", "1.bias"}
    landing = compiled.follow("1.weight")
    assert landing is not None and landing.python == "[1].weight" and landing.node is not None
    assert landing.node.name == "0"
    x = torch.rand(2, 4)
    expected = x
    for member in model:
        expected = member(expected) + expected if residual else member(expected)
    torch.testing.assert_close(model(x), expected)
    full = build_compiled(compiled, 0)
    torch.testing.assert_close(Recorder(compiled.program, document).run(full, {"x": x})[0], full(x))


def test_one_bottleneck_serves_networks_of_any_depth() -> None:
    compiled = compile_document(resnet())
    assert compiled.source.count("class ") == 3
    with torch.device("meta"):
        depths = {layers: model_class(compiled)(layers) for layers in ((3, 4, 6, 3), (3, 8, 36, 3))}
    counts = [sum(p.numel() for p in model.parameters()) for model in depths.values()]
    assert counts == [25_557_032, 60_192_808]  # as torchvision's ResNet-50 and ResNet-152
    keys = set(depths[3, 8, 36, 3].state_dict())
    assert {"layer1.0.downsample.0.weight", "layer3.35.conv1.weight", "fc.bias"} <= keys
    assert not any("layer1.1.downsample" in key for key in keys)


# --- by the number of a round ---------------------------------------------------------------------


def test_rounds_have_only_the_layers_that_they_need() -> None:
    compiled = compile_document(stages())
    model = build_compiled(compiled, 0)
    weights = {key for key in model.state_dict() if key.endswith("weight")}
    assert weights == {
        *(f"body.{number}.weight" for number in range(3)),
        *("down.0.weight", "down.1.weight", "norm.0.weight"),
        *("extra.0.weight", "extra.2.weight", "plain.1.weight"),
    }
    assert model(torch.rand(2, 8)).shape == (2, 6)
    assert set(build_compiled(compiled, 0, widths=(4, 6)).state_dict()) < set(model.state_dict())
    for key, tensor in model.state_dict(keep_vars=True).items():
        landing = compiled.follow(key)
        assert landing is not None and landing.node is not None
        assert eval(f"net{landing.python}", {"net": model}) is tensor


def test_rounds_one_by_one_give_what_the_source_gives() -> None:
    document = stages()
    compiled = compile_document(document)
    model = build_compiled(compiled, 0)
    x = torch.rand(2, 8)
    torch.testing.assert_close(Recorder(compiled.program, document).run(model, {"x": x})[0], model(x))
    ports = document.definition("Net").graph.inputs
    ports[0] = Port("x", example=Example((2, 8)))
    shapes = ShapeFinder().shapes(document)
    assert shapes.problems == ()
    found = {(row.path, row.port): row.value for row in shapes.ports}
    assert found["Net/stages", "x"].shape == (2, 6)


def in_rounds(*more: Node, wires: str, **rules: object) -> Document:
    fc = graph("x", "y", [linear("fc", 4, 4)], "x>fc fc>y")
    first = chosen("first", "i == 0", fc, graph("x", "y", [], "x>y"))
    rounds = Repeat(name="rounds", count=2, shared=False, body=graph("x", "x", [first, *more], wires))
    made = net(graph("x", "y", [rounds], "x>rounds.x rounds.x>y"))
    if rules:
        made.definition("Net").initializers.append(Initializer(**rules))  # type: ignore[arg-type]
    return made


def test_a_layer_that_is_called_outside_of_its_branch_is_in_every_round() -> None:
    inside = build_compiled(compile_document(in_rounds(wires="x>first.x first.y>x")), 0)
    assert set(inside.state_dict()) == {"fc.0.weight", "fc.0.bias"}
    outside = in_rounds(call("again", "fc"), wires="x>first.x first.y>again again>x")
    model = build_compiled(compile_document(outside), 0)
    assert "fc.1.weight" in model.state_dict()
    x = torch.rand(2, 4)
    torch.testing.assert_close(model(x), model.fc[1](model.fc[0](model.fc[0](x))))


def test_an_initialiser_of_a_layer_that_a_round_has_not_is_a_problem() -> None:
    rule = {"parameter": "weight", "function": "torch.nn.init.ones_"}
    there = in_rounds(wires="x>first.x first.y>x", target="fc.0", **rule)
    assert bool((build_compiled(compile_document(there), 0).fc[0].weight == 1).all())
    missing = check(in_rounds(wires="x>first.x first.y>x", target="fc.1", **rule))
    assert [found.code for found in missing] == ["initializer.target"]
    everywhere = in_rounds(wires="x>first.x first.y>x", layer_type="torch.nn.Linear", **rule)
    assert bool((build_compiled(compile_document(everywhere), 0).fc[0].weight == 1).all())
