"""Every problem that can be found, on a document that has it; and no document makes checking raise."""

from __future__ import annotations

import string
from collections.abc import Callable

import pytest
from attrs import evolve

from blockstudio.compiler.check import check
from blockstudio.compiler.compiled import compile_document
from blockstudio.compiler.diagnostics import WORDINGS
from blockstudio.compiler.lower import lower
from blockstudio.errors import CompileError
from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    CodeDefinition,
    Definition,
    Endpoint,
    Expression,
    Graph,
    HyperParameter,
    If,
    Initializer,
    Instance,
    Node,
    Port,
    Repeat,
    Sequential,
    Unknown,
    While,
)
from tests.compiler.documents import (
    call,
    chain,
    constant,
    deep,
    document,
    function,
    graph,
    instance,
    layer,
    linear,
    net,
    parameter,
    tower,
)
from tests.compiler.models import MODELS, chained

E = Expression
CODE = "class {name}(nn.Module):\n    def forward(self, x):\n        return x\n"


def one(node: Node, **extra: object) -> Document:
    return net(chain(node), **extra)


def with_ports(inputs: list[Port]) -> Document:
    return net(Graph(inputs, [Port("y")], {}, {Endpoint("", "y"): Endpoint("", inputs[0].name)}))


def cyclic() -> Document:
    g = graph("x", "y", [function("a", "operator.add"), function("b", "relu"), linear("c", 1, 1)], "x>a a>b b>y x>c")
    g.connect(Endpoint("a", "other"), Endpoint("b", "output"))
    return net(g)


def repeat(body: Graph, **fields: object) -> Document:
    return net(graph("x", "output", [Repeat(name="r", body=body, **fields)], "x>r.x r.x>output"))


def loop(condition: Graph, body: Graph) -> Document:
    return net(graph("x", "output", [While(name="w", condition=condition, body=body)], "x>w.x w.x>output"))


def branch(condition: Graph, then: Graph, otherwise: Graph, *more: Node) -> Document:
    node = If(name="f", condition=condition, then=then, otherwise=otherwise)
    return net(graph("x", "output", [node, *more], "x>f.x f.output>output"))


def rule(**fields: object) -> Document:
    return one(linear("hidden", 4, 4), initializers=[Initializer(**fields)])


BODY = chain(linear("a", 8, 8))
CARRIED = graph("x", "x", [linear("a", 8, 8)], "x>a a>x")
STATIC = graph("x", "c", [function("ne", "operator.ne", input=1, other=2)], "ne>c")
POSITIVE = graph("x", "c", [function("gt", "operator.gt", other=0)], "x>gt gt>c")
PASS = graph("x", "output", [], "x>output")


def own_rounds(name: str) -> Repeat:
    """A Repeat whose rounds are to be the members of the block itself."""
    return Repeat(name="own", shared=False, body=graph("x", "x", [linear(name, 1, 1)], f"x>{name} {name}>x"))


FAULTS: dict[str, list[Callable[[], Document]]] = {
    "root.missing": [lambda: Document("Nowhere"), lambda: document(Definition("A", BODY), root="B")],
    "root.code": [lambda: document(CodeDefinition("Code", CODE.format(name="Code")))],
    "root.arguments": [lambda: one(linear("a", E("n"), 1), hyper_parameters=[HyperParameter("n")])],
    "function.name": [lambda: document(Definition("Net", BODY), functions={"torch": "def torch(): pass"})],
    "function.code": [
        lambda: document(Definition("Net", BODY), functions={"f": "x = 1"}),
        lambda: document(Definition("Net", BODY), functions={"f": "\ud800"}),
    ],
    "function.syntax": [lambda: document(Definition("Net", BODY), functions={"f": "def f(:"})],
    "definition.name": [
        lambda: document(Definition("class", BODY)),
        lambda: document(Definition("Two words", BODY)),
        lambda: document(Definition("ﬁ", BODY)),
    ],
    "definition.reserved": [lambda: document(Definition("torch", BODY)), lambda: document(Definition("list", BODY))],
    "definition.torch": [lambda: document(Definition("Linear", BODY))],
    "definition.recursive": [
        lambda: document(Definition("A", chain(instance("a", "A")))),
        lambda: document(Definition("B", chain(instance("a", "A"))), Definition("A", chain(instance("b", "B")))),
    ],
    "definition.deep": [lambda: tower(400)],
    "code.invalid": [
        lambda: document(CodeDefinition("Code", "def ("), Definition("Net", BODY)),
        lambda: document(CodeDefinition("Code", "x = 1"), Definition("Net", BODY)),
    ],
    "code.clash": [
        lambda: document(CodeDefinition("A", "Net = 1\n" + CODE.format(name="A")), Definition("Net", BODY)),
        lambda: document(CodeDefinition("A", "import numpy as F\n" + CODE.format(name="A")), Definition("Net", BODY)),
        lambda: document(
            CodeDefinition("A", "helper = 1\n" + CODE.format(name="A")),
            CodeDefinition("B", "helper = 2\n" + CODE.format(name="B")),
            Definition("Net", BODY),
        ),
    ],
    "hyper.name": [
        lambda: net(BODY, hyper_parameters=[HyperParameter("not a name", "1")]),
        lambda: net(BODY, hyper_parameters=[HyperParameter("training", "1")]),
        lambda: net(BODY, hyper_parameters=[HyperParameter("__x", "1")]),
    ],
    "hyper.duplicate": [lambda: net(BODY, hyper_parameters=[HyperParameter("n", "1"), HyperParameter("n", "2")])],
    "hyper.clash": [
        lambda: net(
            chain(linear("n", 8, 8), function("mul", "operator.mul", other=E("n"))),
            hyper_parameters=[HyperParameter("n", "1")],
        )
    ],
    "hyper.default": [lambda: net(BODY, hyper_parameters=[HyperParameter("n", "open('x')")])],
    "port.name": [
        lambda: with_ports([Port("self")]),
        lambda: with_ports([Port("a b")]),
        lambda: with_ports([Port("")]),
    ],
    "port.duplicate": [lambda: with_ports([Port("x"), Port("x")])],
    "port.default": [lambda: with_ports([Port("x"), Port("mask", default="print()")])],
    "port.order": [lambda: with_ports([Port("x"), Port("mask", default="None"), Port("more")])],
    "input.unused": [lambda: with_ports([Port("x"), Port("y")])],
    "output.missing": [lambda: net(graph("x", "y", [], ""))],
    "output.none": [lambda: net(graph("x", "", [], ""))],
    "edge.node": [lambda: net(Graph([Port("x")], [Port("y")], {}, {Endpoint("", "y"): Endpoint("gone", "output")}))],
    "edge.output": [
        lambda: net(graph("x", "y", [linear("a", 1, 1)], "x>a a.second>y")),
        lambda: net(Graph([Port("x")], [Port("y")], {}, {Endpoint("", "y"): Endpoint("", "z")})),
    ],
    "edge.input": [lambda: net(graph("x", "y", [linear("a", 1, 1)], "x>a x>a.second a>y"))],
    "edge.sequential": [lambda: one(Sequential(name="s", body=graph("x", "y", [linear("a", 1, 1)], "x>a")))],
    "graph.cycle": [cyclic],
    "graph.deep": [lambda: deep(40)],
    "node.name": [
        lambda: net(graph("", "y", [parameter("0", "torch.ones(1)")], "0>y")),
        lambda: one(linear("01", 1, 1)),
        lambda: one(linear("1st", 1, 1)),
        lambda: one(linear("a-b", 1, 1)),
        lambda: one(linear("for", 1, 1)),
    ],
    "node.attribute": [
        lambda: one(linear("forward", 1, 1)),
        lambda: one(linear("type", 1, 1)),
        lambda: one(linear("heads.keys", 1, 1)),
    ],
    "node.dotted": [lambda: one(constant("a.0", "torch.ones(1)"))],
    "node.duplicate": [
        lambda: branch(POSITIVE, chain(linear("a", 1, 1)), chain(linear("a", 1, 1))),
    ],
    "node.list": [lambda: net(chain(linear("a", 1, 1), linear("a.0", 1, 1)))],
    "node.guards": [lambda: branch(STATIC, chain(linear("a.0", 1, 1)), chain(linear("a.1", 1, 1)))],
    "node.rounds": [
        lambda: net(graph("x", "y", [own_rounds("1")], "x>own.x own.x>y")),
        lambda: net(graph("x", "y", [own_rounds("0"), linear("1", 1, 1)], "x>own.x own.x>1 1>y")),
    ],
    "node.number": [lambda: net(chain(linear("0", 1, 1), linear("2", 1, 1)))],
    "node.unknown": [lambda: one(Unknown(name="a", data={"kind": "teleporter"}))],
    "node.type": [lambda: one(layer("a", "Nonsense")), lambda: one(function("a", "os.system"))],
    "node.excluded": [lambda: one(layer("a", "ModuleList"))],
    "node.kind": [lambda: one(layer("a", "functional.relu")), lambda: one(function("a", "torch.nn.ReLU"))],
    "node.device": [lambda: one(linear("a", 1, 1, device="cuda:0'); print('"))],
    "node.unused": [lambda: net(graph("x", "y", [linear("a", 1, 1)], "x>a x>y"))],
    "input.missing": [
        lambda: net(graph("", "y", [linear("a", 1, 1)], "a>y")),
        lambda: net(graph("x", "y", [function("a", "operator.add")], "x>a a>y")),
    ],
    "node.bypassed": [
        lambda: net(
            graph("x", "y", [evolve(layer("a", "LSTM", input_size=1, hidden_size=1), bypassed=True)], "x>a a.h_n>y")
        ),
    ],
    "option.unknown": [lambda: one(linear("a", 1, 1, colour="red"))],
    "option.missing": [
        lambda: one(layer("a", "Linear", in_features=1)),
        lambda: one(function("a", "torch.Tensor.view")),
    ],
    "option.value": [
        lambda: one(linear("a", -1, 1)),
        lambda: one(linear("a", "many", 1)),
        lambda: one(linear("a", 1.5, 1)),
    ],
    "expression": [
        lambda: one(linear("a", E("n"), 1)),
        lambda: one(linear("a", E("__import__('os')"), 1)),
        lambda: one(linear("a", E("1 +"), 1)),
        lambda: net(graph("", "y", [constant("a", "open('x')")], "a>y")),
        lambda: net(graph("", "y", [parameter("a", "torch.load('x')")], "a>y")),
        lambda: one(function("a", "operator.getitem", index="print()")),
    ],
    "instance.missing": [lambda: one(instance("a", "Nowhere"))],
    "instance.faulty": [lambda: document(CodeDefinition("Code", "("), Definition("Net", chain(instance("a", "Code"))))],
    "call.missing": [lambda: one(call("a", "nothing"))],
    "call.kind": [lambda: net(graph("x", "y", [constant("c", "torch.ones(1)"), call("a", "c")], "x>a a>y"))],
    "call.rounds": [
        lambda: net(graph("x", "y", [Repeat(name="r", shared=False, body=CARRIED), call("b", "a")], "x>r.x r.x>b b>y"))
    ],
    "call.order": [
        lambda: one(chained(call("b", "a"), linear("a", 1, 1))),
        lambda: one(chained(linear("a", 1, 1), call("b", "net"))),
    ],
    "call.guarded": [lambda: branch(STATIC, BODY, PASS, call("again", "a"))],
    "loop.inputs": [lambda: loop(graph("y", "c", [function("gt", "operator.gt", other=0)], "y>gt gt>c"), CARRIED)],
    "loop.outputs": [lambda: loop(POSITIVE, graph("x", "x y", [linear("a", 1, 1)], "x>a a>x a>y"))],
    "if.inputs": [lambda: branch(POSITIVE, BODY, graph("y", "output", [], "y>output"))],
    "if.outputs": [lambda: branch(POSITIVE, BODY, graph("x", "other", [], "x>other"))],
    "condition.outputs": [
        lambda: loop(graph("x", "", [], ""), CARRIED),
        lambda: branch(graph("x", "", [], ""), BODY, PASS),
    ],
    "repeat.count": [
        lambda: repeat(CARRIED, count=-1),
        lambda: repeat(CARRIED, count=2.5),
        lambda: repeat(CARRIED, count="two"),
    ],
    "repeat.index": [
        lambda: repeat(CARRIED, index="x"),
        lambda: repeat(CARRIED, index="for"),
        lambda: repeat(CARRIED, index=""),
    ],
    "sequential.child": [lambda: one(chained(function("relu"))), lambda: one(chained(constant("c", "torch.ones(1)")))],
    "sequential.ports": [
        lambda: one(chained(layer("lstm", "LSTM", input_size=1, hidden_size=1))),
        lambda: one(chained(layer("b", "Bilinear", in1_features=1, in2_features=1, out_features=1))),
    ],
    "sequential.device": [lambda: one(chained(linear("a", 1, 1, device="cuda:0")))],
    "sequential.repeat": [
        lambda: one(chained(Repeat(name="r", body=graph("x", "x", [function("relu")], "x>relu relu>x")))),
        lambda: one(chained(Repeat(name="r", body=graph("x y", "x y", [], "x>x y>y")))),
    ],
    "sequential.empty": [lambda: one(chained())],
    "constant.rounds": [
        lambda: repeat(
            graph(
                "x", "x", [constant("c", "torch.ones(i)"), function("add", "operator.add")], "x>add c>add.other add>x"
            ),
            shared=False,
        )
    ],
    "initializer.target": [
        lambda: rule(target="gone", function="torch.nn.init.zeros_"),
        lambda: rule(target="hidden", same_as="gone"),
    ],
    "initializer.type": [
        lambda: rule(layer_type="torch.nn.Nonsense", parameter="weight", function="torch.nn.init.zeros_")
    ],
    "initializer.parameter": [lambda: rule(parameter="not a name", function="torch.nn.init.zeros_")],
    "initializer.function": [lambda: rule(function="os.system")],
    "initializer.argument": [
        lambda: document(
            Definition("Net", BODY, initializers=[Initializer(function="f", arguments={"a b": 1})]),
            functions={"f": "def f(tensor):\n    pass\n"},
        )
    ],
    "initializer.tie": [
        lambda: rule(same_as="hidden.weight", target="hidden", parameter="weight"),
        lambda: rule(same_as="hidden.weight", target="hidden"),
    ],
    "initializer.rule": [
        lambda: rule(),
        lambda: rule(function="torch.nn.init.zeros_", expression="1"),
        lambda: rule(expression="1", trainable=False),
    ],
}


@pytest.mark.parametrize("code", WORDINGS)
def test_every_problem_is_found(code: str) -> None:
    severity, wording = WORDINGS[code]
    for make in FAULTS[code]:
        found = [diagnostic for diagnostic in check(make()) if diagnostic.code == code]
        assert found, f"{code} not found"
        for diagnostic in found:
            assert diagnostic.severity == severity
            assert diagnostic.path
            assert diagnostic.message
            assert "\n" not in str(diagnostic)
            if wording != "{reason}":
                assert diagnostic.template == wording


@pytest.mark.parametrize("code", WORDINGS)
def test_wordings_are_sentences_whose_facts_are_given(code: str) -> None:
    _, wording = WORDINGS[code]
    fields = {name for _, name, _, _ in string.Formatter().parse(wording) if name}
    for make in FAULTS[code]:
        for diagnostic in check(make()):
            if diagnostic.code == code and wording != "{reason}":
                assert fields <= set(diagnostic.facts)
    assert wording == "{reason}" or wording.rstrip("}").endswith((".", "reason"))


@pytest.mark.parametrize(
    "make", [make for makes in FAULTS.values() for make in makes], ids=lambda make: str(make.__code__.co_firstlineno)
)
def test_a_faulty_document_is_refused_or_compiles_and_can_be_lowered(make: Callable[[], Document]) -> None:
    faulty = make()
    lower(faulty)
    try:
        text = compile_document(faulty).source
    except CompileError as error:
        assert error.diagnostics
        assert str(error)
    else:
        compile(text, "<test>", "exec")


@pytest.mark.parametrize("name", MODELS)
def test_good_documents_have_no_errors(name: str) -> None:
    problems = [d for d in check(MODELS[name]()) if d.severity == "error" or d.code == "node.unused"]
    assert [str(problem) for problem in problems] == []


def test_all_problems_are_found_at_once_each_with_its_place() -> None:
    body = graph("x", "x", [linear("deep", 0, 1)], "x>deep deep>x")
    g = graph("x", "y", [linear("a", -1, 1), Repeat(name="r", body=body), layer("b", "Gone")], "x>a a>r.x r.x>b b>y")
    found = {(d.path, d.code) for d in check(net(g))}
    assert found == {("Net/a", "option.value"), ("Net/r.body/deep", "option.value"), ("Net/b", "node.type")}


def test_errors_in_blocks_that_are_not_used_are_no_obstacle() -> None:
    spare = Definition("Spare", chain(layer("a", "Gone")))
    assert "class Spare" not in compile_document(document(spare, Definition("Net", BODY))).source
    with pytest.raises(CompileError, match="Spare/a"):
        compile_document(document(spare, Definition("Net", chain(instance("s", "Spare")))))


def test_a_call_of_an_instance_in_another_branch() -> None:
    inner = Definition("Inner", BODY)
    node = Instance(name="inner", definition="Inner")
    then = graph("x", "output", [node], "x>inner.x inner.output>output")
    outer = branch(POSITIVE, then, graph("x", "output", [call("again", "inner")], "x>again.x again.output>output"))
    assert [d for d in check(document(inner, *outer.definitions.values())) if d.severity == "error"] == []
