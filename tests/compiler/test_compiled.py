"""Between source, nodes and tensors: spans, positions, module paths."""

from __future__ import annotations

import pytest
from attrs import evolve

from blockstudio.compiler import Compiled, Span, compile_document, source
from blockstudio.compiler.lower import lower
from blockstudio.errors import CompileError
from blockstudio.graph.document import Location
from blockstudio.graph.model import Definition, Example, Expression, HyperParameter, Repeat
from tests.compiler.documents import call, document, function, graph, instance, layer, linear, net, parameter
from tests.compiler.models import MODELS, chained


def shown(compiled: Compiled, span: Span) -> str:
    """The text of a span, line breaks and indents taken out."""
    lines = compiled.source.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column]
    lines[0] = lines[0][span.column :]
    return " ".join(line.strip() for line in lines)


def spans_of(compiled: Compiled, path: str, node: str) -> list[str]:
    definition, *steps = path.split("/")
    location = Location(definition, tuple((name, slot) for name, _, slot in (step.rpartition(".") for step in steps)))
    return [shown(compiled, span) for span in compiled.spans_of(location, node)]


@pytest.mark.parametrize("name", MODELS)
def test_every_node_has_a_span_and_every_span_is_in_the_source(name: str) -> None:
    made = MODELS[name]()
    compiled = compile_document(made)
    lines = compiled.source.split("\n")
    for span in compiled.spans:
        assert 1 <= span.line <= span.end_line <= len(lines)
        assert 0 <= span.column < len(lines[span.line - 1])
        assert span.column < span.end_column or span.line < span.end_line
        assert span.end_column <= len(lines[span.end_line - 1])
        assert shown(compiled, span).strip()
    for location, inner in made.graphs():
        static = any(step == "condition" for _, step in location.steps) and name in ("bottleneck", "choices", "resnet")
        for node in inner.nodes:
            assert static or compiled.spans_of(location, node), location.path(node)


def test_declaration_and_use_are_both_spans() -> None:
    compiled = compile_document(MODELS["mlp"]())
    assert spans_of(compiled, "MLP", "hidden") == ["self.hidden = nn.Linear(20, 256)", "self.hidden(X)"]
    assert spans_of(compiled, "MLP", "relu") == ["F.relu(self.hidden(X))"]
    assert spans_of(compiled, "MLP", "out") == ["self.out = nn.Linear(256, 10)", "self.out(F.relu(self.hidden(X)))"]


def test_brackets_that_an_operator_needs_do_not_move_the_spans() -> None:
    nodes = [
        function("plus", "operator.add", other=1),
        function("minus", "operator.sub", other=2),
        function("times", "operator.mul"),
        function("neg", "operator.neg"),
    ]
    g = graph("x", "y", nodes, "x>plus plus>times x>minus minus>times.other times>neg neg>y")
    compiled = compile_document(net(g))
    assert "return -((x + 1) * (x - 2))" in compiled.source
    assert spans_of(compiled, "Net", "plus") == ["x + 1"]
    assert spans_of(compiled, "Net", "minus") == ["x - 2"]
    assert spans_of(compiled, "Net", "times") == ["(x + 1) * (x - 2)"]


def test_nodes_in_control_flow_and_containers_have_spans_of_their_own() -> None:
    compiled = compile_document(MODELS["fixed_hidden_mlp"]())
    assert spans_of(compiled, "FixedHiddenMLP/shrink.body", "halve") == ["X / 2"]
    assert spans_of(compiled, "FixedHiddenMLP/shrink.condition", "total") == ["X.abs().sum()"]
    assert spans_of(compiled, "FixedHiddenMLP", "shrink") == ["while X.abs().sum() > 1:"]
    compiled = compile_document(MODELS["nested"]())
    assert spans_of(compiled, "NestMLP/net.body", "c") == ["nn.Linear(64, 32)"]


def test_a_position_leads_to_the_innermost_node() -> None:
    compiled = compile_document(MODELS["mlp"]())
    line = next(number for number, text in enumerate(compiled.source.split("\n"), 1) if "return" in text)
    text = compiled.source.split("\n")[line - 1]
    place = Location("MLP")
    assert compiled.node_at(line, text.index("self.hidden")) == (place, "hidden")
    assert compiled.node_at(line, text.index("F.relu")) == (place, "relu")
    assert compiled.node_at(line, text.index("self.out")) == (place, "out")
    assert compiled.node_at(line, text.index("return")) == (place, "")
    assert compiled.node_at(1, 0) is None


@pytest.mark.parametrize(
    ("model", "key", "python", "path"),
    [
        ("mlp", "hidden.weight", ".hidden.weight", "MLP/hidden"),
        ("fixed_hidden_mlp", "rand_weight", ".rand_weight", "FixedHiddenMLP/rand_weight"),
        ("sequential", "net.0.weight", ".net[0].weight", "Net/net.body/hidden"),
        ("named_sequential", "net.hidden.weight", ".net.hidden.weight", "Net/net.body/hidden"),
        ("nested", "net.0.net.2.bias", ".net[0].net[2].bias", "NestMLP/net.body/c"),
        ("nested", "net.2.rand_weight", ".net[2].rand_weight", "FixedHiddenMLP/rand_weight"),
        ("shared", "net.4.weight", ".net[4].weight", "Net/net.body/shared"),
        ("shared", "net.6.weight", ".net[6].weight", "Net/linear"),
        ("lists", "layers.0.weight", ".layers[0].weight", "Net/layers.0"),
        ("lists", "heads.large.bias", '.heads["large"].bias', "Net/heads.large"),
        ("bottleneck", "layer1.0.conv1.weight", ".layer1[0].conv1.weight", "Bottleneck/conv1"),
        ("bottleneck", "layer1.2.downsample.1.bias", ".layer1[2].downsample[1].bias",
         "Bottleneck/shortcut.then/downsample.body/bn"),
        ("repeat_unshared", "layers.2.weight", ".layers[2].weight", "Net/stack.body/layers"),
        ("centered", "net.1", ".net[1]", "Net/net.body/centered"),
        ("lstm", "lstm.weight_ih_l1", ".lstm.weight_ih_l1", "LanguageModel/lstm"),
    ],
)  # fmt: skip
def test_module_paths(model: str, key: str, python: str, path: str) -> None:
    landing = compile_document(MODELS[model]()).follow(key)
    assert landing is not None and landing.node is not None
    assert (landing.python, landing.location.path(landing.node.name)) == (python, path)


@pytest.mark.parametrize("key", ["gone", "hidden.0.x!", "net", "out.weight;print()", "²", "hidden..weight", "9" * 6000])
def test_paths_to_nowhere(key: str) -> None:
    landing = compile_document(MODELS["mlp"]()).follow(key)
    assert landing is None or "!" not in landing.python


def test_children_behind_a_repeat_are_counted_with_the_hyper_parameters_there_are() -> None:
    repeat = Repeat(
        name="rest",
        shared=False,
        count=Expression("depth"),
        body=graph("x", "x", [linear("inner", 8, 8)], "x>inner inner>x"),
    )
    root = Definition(
        "Net",
        graph("x", "y", [chained(linear("first", 8, 8), repeat, linear("last", 8, 4))], "x>net net>y"),
        hyper_parameters=[HyperParameter("depth", "2")],
    )
    compiled = compile_document(document(root))

    def node(key: str, **values: object) -> str:
        landing = compiled.follow(key, values)
        return landing.node.name if landing and landing.node else ""

    assert [node(f"net.{index}.weight") for index in range(5)] == ["first", "inner", "inner", "last", ""]
    assert [node(f"net.{index}.weight", depth=0) for index in range(3)] == ["first", "last", ""]


def test_a_count_that_takes_for_ever_is_not_counted() -> None:
    body = graph("x", "x", [linear("inner", 4, 4)], "x>inner inner>x")
    endless = Repeat(name="endless", shared=False, count=Expression("max(range(10 ** 12))"), body=body)
    document = net(graph("x", "y", [chained(endless, linear("last", 4, 4))], "x>net net>y"))
    landing = compile_document(document).follow("net.1.weight")
    assert landing is not None and landing.node is None


def test_a_document_with_errors_raises_one_error_with_all_of_them() -> None:
    broken = net(graph("x", "y", [linear("a", 0, 1), layer("b", "Gone")], "x>a a>b b>y"))
    with pytest.raises(CompileError) as raised:
        compile_document(broken)
    assert {d.path for d in raised.value.diagnostics if d.severity == "error"} == {"Net/a", "Net/b"}
    assert "2 errors" in str(raised.value)


def test_what_is_left_of_a_broken_document_can_still_be_walked() -> None:
    nodes = [linear("a", 8, 8), layer("gone", "Gone"), linear("b", 8, 8), call("again", "gone")]
    program = lower(net(graph("x", "y", nodes, "x>a a>gone gone>b b>again again>y")))
    module = program.modules["Net"]
    assert [statement.node for _, statement in module.forward.walk()] == ["a", "b"]  # type: ignore[union-attr]
    assert [declaration.name for declaration in module.declarations] == ["a", "b"]  # type: ignore[union-attr]


def test_another_block_than_the_root_can_be_compiled() -> None:
    made = MODELS["nested"]()
    compiled = compile_document(made, "NestMLP")
    assert compiled.root == "NestMLP"
    assert "class Chimera" not in compiled.source


def test_a_definition_that_is_used_twice_is_one_class_and_comes_first() -> None:
    inner = Definition("Inner", graph("x", "y", [linear("fc", 8, 8)], "x>fc fc>y"))
    outer = Definition("Net", graph("x", "y", [instance("a", "Inner"), instance("b", "Inner")], "x>a.x a.y>b.x b.y>y"))
    text = source(document(outer, inner, root="Net"))
    assert text.count("class Inner") == 1
    assert text.index("class Inner") < text.index("class Net")


def test_example_inputs_stand_in_the_docstring_and_change_nothing() -> None:
    nodes = [linear("hidden", 20, 8)]
    graph_ = graph("x tokens", "y", nodes, "x>hidden hidden>y")
    plain = net(graph_, doc="One layer.")
    graph_.inputs[:] = [
        evolve(graph_.inputs[0], example=Example((2, 20))),
        evolve(graph_.inputs[1], example=Example((2, 7), dtype="int64", generator="integers")),
    ]
    first = compile_document(plain)
    assert (
        '    """One layer.\n\n    Example inputs:\n        x: (2, 20)\n        tokens: (2, 7) int64\n    """\n'
        in first.source
    )
    graph_.inputs[0] = evolve(graph_.inputs[0], example=Example((9, 20)))
    other = compile_document(plain)
    assert other.source != first.source and other.does_the_same_as(first)
    graph_.inputs[0] = evolve(graph_.inputs[0], example=None)
    assert not compile_document(plain).does_the_same_as(first)  # its lines are others
    graph_.nodes["hidden"].options["out_features"] = 9
    assert not compile_document(plain).does_the_same_as(other)


def test_marks_beside_powers_that_are_written_without_spaces() -> None:
    nodes = [
        parameter("a", "torch.ones(3)"),
        parameter("b", "torch.ones(3)"),
        function("both", "operator.pow"),
        function("relu", "torch.relu"),
        function("last", "operator.pow"),
    ]
    wires = "a>both b>both.other both>relu relu>last x>last.other last>y"
    compiled = compile_document(net(graph("x", "y", nodes, wires)))
    assert "return torch.relu(self.a**self.b) ** x" in compiled.source
    assert spans_of(compiled, "Net", "b")[-1] == "self.b"
    assert spans_of(compiled, "Net", "both") == ["self.a**self.b"]
    assert spans_of(compiled, "Net", "last") == ["torch.relu(self.a**self.b) ** x"]
