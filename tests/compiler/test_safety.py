"""Nothing in a project file can put code into the source: no name, text, option or comment."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockstudio.compiler import check, compile_document
from blockstudio.compiler.naming import MODULE_ATTRIBUTES
from blockstudio.errors import CompileError
from blockstudio.graph.document import Document
from blockstudio.graph.model import (
    Constant,
    Definition,
    Endpoint,
    Example,
    Expression,
    Function,
    Graph,
    HyperParameter,
    If,
    Initializer,
    Instance,
    Layer,
    Node,
    Parameter,
    Port,
    Repeat,
    Sequential,
)
from tests.compiler.documents import graph, layer, linear, net

EVIL = "BREAKOUT"
TEXTS = [
    f'"""\n{EVIL}()\n"""',
    f'\\"""\n{EVIL}()',
    f"x\n{EVIL}()",
    f"x\r{EVIL}()",
    f"x\x0c{EVIL}()",
    f"x\u2028{EVIL}()",
    f"\\\n{EVIL}()",
    f"'); {EVIL}(); ('",
    f'"); {EVIL}(); ("',
    "ends with \\",
    'ends with "',
    '"',
    "\ud800",
    "\0",
    f"{'中' * 200}\\\"\"\" {EVIL}()",
]  # fmt: skip


def code_names(source: str) -> set[str]:
    """Every name that is code rather than text."""
    return {part.id for part in ast.walk(ast.parse(source)) if isinstance(part, ast.Name)}


@pytest.mark.parametrize("text", TEXTS)
def test_comments_and_docs_stay_text(text: str) -> None:
    nodes = [
        layer("fc", "Linear", comment=text, in_features=8, out_features=8),
        Sequential(name="s", comment=text, body=graph("x", "y", [layer("t", "ReLU", comment=text, bypassed=True)])),
        Function(name="relu", type="torch.nn.functional.relu", comment=text, bypassed=True),
    ]
    g = graph("x", "y", nodes, "x>fc fc>s s>relu relu>y")
    definition = Definition("Net", g, [HyperParameter("n", "1", doc=text)], doc=text)
    made = compile_document(Document("Net", {"Net": definition})).source
    made.encode()
    assert EVIL not in code_names(made)
    compile(made, "<test>", "exec")


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_else_takes_what_is_no_name_or_expression(text: str) -> None:
    for made in documents_with(text):
        for problem in check(made):
            str(problem)
        try:
            source = compile_document(made).source
        except CompileError:
            continue
        assert EVIL not in code_names(source)
        compile(source.encode(), "<test>", "exec")


def documents_with(text: str) -> list[Document]:
    """A document for each place in which a text can stand."""

    def one(node: object) -> Document:
        name = node.name  # type: ignore[attr-defined]
        edges = {Endpoint(name, "input"): Endpoint("", "x"), Endpoint("", "y"): Endpoint(name, "output")}
        return net(Graph([Port("x")], [Port("y")], {name: node}, edges))  # type: ignore[dict-item]

    plain = Graph([Port("x")], [Port("y")], {}, {Endpoint("", "y"): Endpoint("", "x")})
    test: dict[str, Node] = {"test": Function(name="test", type="value", options={"value": Expression(text)})}
    decided = Graph([Port("x")], [Port("is")], test, {Endpoint("", "is"): Endpoint("test", "output")})
    rules = [
        Initializer(target=text, function="torch.nn.init.zeros_"),
        Initializer(layer_type=text, parameter="weight", function="torch.nn.init.zeros_"),
        Initializer(target="fc", parameter=text, function="torch.nn.init.zeros_"),
        Initializer(target="fc", parameter="weight", function=text),
        Initializer(target="fc", parameter="weight", function="f", arguments={text: text}),
        Initializer(target="fc", parameter="weight", index=text, expression="1"),
        Initializer(target="fc", parameter="weight", expression=text),
        Initializer(target="fc", parameter="weight", same_as=text),
        Initializer(target=text, parameter=text, trainable=False),
        Initializer(layer_type=text, trainable=True),
    ]
    fc = graph("x", "y", [linear("fc", 8, 8)], "x>fc fc>y")
    functions = {"f": "def f(tensor, **options):\n    pass\n"}
    return [
        Document(text, {text: Definition(text, plain)}),
        net(Graph([Port(text)], [Port("y")], {}, {Endpoint("", "y"): Endpoint("", text)})),
        net(Graph([Port("x")], [Port(text)], {}, {Endpoint("", text): Endpoint("", "x")})),
        net(Graph([Port("x", default=text)], [Port("y")], {}, {Endpoint("", "y"): Endpoint("", "x")})),
        net(plain, hyper_parameters=[HyperParameter(text, "1")]),
        net(plain, hyper_parameters=[HyperParameter("n", text)]),
        one(Layer(name=text, type="torch.nn.ReLU")),
        one(Layer(name=f"a.{text}", type="torch.nn.ReLU")),
        one(Layer(name="a", type=text)),
        one(Layer(name="a", type="torch.nn.ReLU", device=text)),
        one(Layer(name="a", type="torch.nn.GELU", options={"approximate": text})),
        one(Layer(name="a", type="torch.nn.Linear", options={"in_features": Expression(text), "out_features": 1})),
        one(Layer(name="a", type="torch.nn.Linear", options={"in_features": 1, "out_features": 1, text: text})),
        one(Layer(name="a", type="torch.nn.Linear", options={"in_features": 1, "out_features": 1, "dtype": text})),
        one(Function(name=text, type="torch.nn.functional.relu")),
        one(Function(name="a", type="operator.getitem", options={"index": text})),
        one(Function(name="a", type="torch.einsum", options={"equation": text})),
        one(Constant(name="a", value=text)),
        one(Parameter(name="a", value=text)),
        one(Instance(name="a", definition=text)),
        one(Repeat(name="a", body=plain, count=Expression(text))),
        one(Repeat(name="a", body=plain, index=text)),
        one(Layer(name=text, type="torch.nn.ReLU", bypassed=True)),
        one(Function(name=text, type="torch.nn.functional.relu", bypassed=True)),
        one(Instance(name="a", definition="Net", options={text: (1, (Expression(text), text))})),
        one(Layer(name="a", type="torch.nn.Unflatten", options={"dim": 1, "unflattened_size": (2, Expression(text))})),
        one(If(name="a", condition=decided, then=plain, otherwise=plain)),
        net(Graph([Port("x", example=Example((2, 3), text))], [Port("y")], {}, {Endpoint("", "y"): Endpoint("", "x")})),
        net(plain, hyper_parameters=[HyperParameter("n", f"[1, [2, {text}]]")]),
        *(net(fc, initializers=[rule]) for rule in rules),
        Document("Net", {"Net": Definition("Net", fc, initializers=rules[4:5])}, functions=functions),
    ]


@given(st.text(max_size=12))
def test_any_text_anywhere_is_refused_or_harmless(text: str) -> None:
    for made in documents_with(text):
        try:
            compiled = compile_document(made)
        except CompileError:
            continue
        compile(compiled.source.encode(), "<test>", "exec")


def test_the_attributes_of_modules_are_known() -> None:
    from torch import nn

    from blockstudio.compiler.naming import CONTAINER_ATTRIBUTES

    def public(kind: nn.Module) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("__")}

    assert public(nn.Module()) <= MODULE_ATTRIBUTES
    assert public(nn.ModuleDict()) | public(nn.Sequential()) <= MODULE_ATTRIBUTES | CONTAINER_ATTRIBUTES
