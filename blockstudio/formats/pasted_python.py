"""Layers written as Python in a text from elsewhere: read from its syntax tree as nodes; nothing of it is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from attrs import evolve

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.custom_code import read_code
from blockstudio.catalog.spec import Entry, OptionSpec
from blockstudio.catalog.values import check_value
from blockstudio.errors import BlockStudioError, CodeError, mark
from blockstudio.formats.targets import offers
from blockstudio.graph.document import Document
from blockstudio.graph.expressions import check_option, is_identifier
from blockstudio.graph.model import (
    Endpoint,
    Expression,
    Function,
    Graph,
    Layer,
    Node,
    OptionValue,
    Sequential,
    at_flow,
)
from blockstudio.graph.scopes import next_free

STEP = 240.0
STEP_DOWN = 120.0
"""From one node to the next, along the flow."""
LONGEST = 200_000
_FENCE = re.compile(r"^\s*```\w*\s*$", re.MULTILINE)
_PROMPT = re.compile(r"^(>>> |\.\.\. )", re.MULTILINE)
_LOOKS_SO = re.compile(
    r"\bnn\.\w+\(|\bclass \w+\(.*Module\)|\bF\.\w+\(|^\s*(from|import) torch|\btorch\.\w+\(", re.MULTILINE
)
_NOT_GIVEN = frozenset({"device"})
"""Arguments that a node says otherwise."""


def source_in(text: str) -> str:
    """The Python in a text, without the signs of a chat or a prompt; CodeError where it is none that torch is in."""
    plain = _PROMPT.sub("", _FENCE.sub("", text)).strip()
    lines = plain.splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()), default=0)
    dedented = "\n".join([*(line.strip() for line in lines[:1]), *(line[indent:] for line in lines[1:])])
    if len(plain) > LONGEST or not (_LOOKS_SO.search(plain) or _is_call(plain)):
        raise _none()
    for source in (plain, dedented):
        try:
            ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return source
    raise CodeError(mark("The Python on the clipboard is not whole: it cannot be read."))


def _is_call(text: str) -> bool:
    """Whether it begins with the name of a layer: `Linear(20, 10)`, as after `from torch.nn import Linear`."""
    found = re.match(r"(\w+)\(", text)
    entry = catalog().get(f"torch.nn.{found[1]}") if found else None
    return entry is not None or text.startswith("Sequential(")


def _none() -> CodeError:
    return CodeError(mark("The clipboard holds neither blocks nor layers written in Python."))


def graph_in(source: str, names: tuple[str, ...] = (), *, down: bool = False) -> Graph | None:
    """The layers that a piece of Python makes, with the names it gives them; those without are wired in a row.
    Expressions may use `names`, which are hyper-parameters. None where it is more than layers."""
    try:
        reader = _Reader(names, down)
        for statement in ast.parse(source).body:
            reader.read(statement)
    except (_MoreThanLayers, BlockStudioError):
        return None
    return reader.graph if reader.graph.nodes else None


class _MoreThanLayers(Exception):
    """Something that only running it can tell."""


class _Reader:
    """Makes nodes of statements."""

    def __init__(self, names: tuple[str, ...], down: bool) -> None:
        self.graph = Graph(down=down)
        self._names = names
        self._last = ""

    def read(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Import() | ast.ImportFrom():
                return
            case ast.Expr(value=ast.Constant(value=str())):
                return  # a comment of many lines
            case ast.Expr(value=ast.Tuple(elts=elements)) | ast.Expr(value=ast.List(elts=elements)):
                for element in elements:
                    self._add(self._node(element), "")
            case ast.Expr(value=value):
                self._add(self._node(value), "")
            case ast.Assign(targets=[ast.Attribute(attr=name) | ast.Name(id=name)], value=value):
                node = self._node(value)
                self._add(node, "" if isinstance(node, Function) else name)
            case _:
                raise _MoreThanLayers

    def _add(self, node: Node, name: str) -> None:
        graph = self.graph
        wanted = name if is_identifier(name) else node.name
        new = next_free(wanted, set(graph.nodes))
        position = at_flow(len(graph.nodes) * (STEP_DOWN if graph.down else STEP), 0.0, 0, graph.down)
        graph.nodes[new] = evolve(node, name=new, position=position)
        if self._last and not name:
            graph.connect(Endpoint(new, "input"), Endpoint(self._last, "output"))
        self._last = "" if name else new

    def _node(self, value: ast.expr) -> Node:
        if not isinstance(value, ast.Call):
            raise _MoreThanLayers
        called = ast.unparse(value.func)
        short = re.sub(r"^(torch\.)?nn\.", "", called)
        if short == "Sequential":
            return self._sequential(value)
        for type, kind in (
            (f"torch.nn.{short}", "layer"),
            (re.sub(r"^F\.", "torch.nn.functional.", called), "function"),
        ):
            entry = catalog().get(type)
            if entry is not None and entry.kind == kind:
                return self._entry(entry, value)
        raise _MoreThanLayers

    def _entry(self, entry: Entry, call: ast.Call) -> Node:
        inputs = len(entry.inputs) if entry.kind == "function" else 0
        if any(isinstance(part, ast.Call) for value in call.args[:inputs] for part in ast.walk(value)):
            raise _MoreThanLayers  # what it is given is made on the way
        options = self.options(entry, call.args[inputs:], call.keywords)
        if any(option.required and option.name not in options for option in _specs(entry)):
            raise _MoreThanLayers
        kind = Layer if entry.kind == "layer" else Function
        name = re.sub(r"\W+", "_", entry.label.lower()).strip("_") or "node"
        return kind(name=name, type=entry.type, options=options)

    def options(
        self, entry: Entry, given: Sequence[ast.expr], keywords: Sequence[ast.keyword]
    ) -> dict[str, OptionValue]:
        """The options that arguments say."""
        specs = _specs(entry)
        if len(given) > len(specs):
            raise _MoreThanLayers
        found = {spec.name: value for spec, value in zip(specs, given, strict=False)}
        for keyword in keywords:
            if keyword.arg is None or entry.option(keyword.arg) is None:
                if keyword.arg in _NOT_GIVEN:
                    continue
                raise _MoreThanLayers
            found[keyword.arg] = keyword.value
        options: dict[str, OptionValue] = {}
        for spec in specs:
            if spec.name in found:
                value = options[spec.name] = self._value(found[spec.name])
                check_value(spec, value)
        return options

    def _value(self, value: ast.expr) -> OptionValue:
        try:
            return _frozen(ast.literal_eval(value))
        except (ValueError, TypeError):
            text = ast.unparse(value)
            dtype = re.fullmatch(r"torch\.(\w+)", text)
            return dtype[1] if dtype else Expression(check_option(text, self._names))

    def _sequential(self, call: ast.Call) -> Sequential:
        children: dict[str, Node] = {}
        pairs = list(self._children(call))
        for name, value in pairs:
            node = self._node(value)
            if not isinstance(node, Layer | Sequential):
                raise _MoreThanLayers
            new = next_free(name or node.name, set(children))
            children[new] = evolve(node, name=new)
        return Sequential(name="sequential", body=Graph(nodes=children), named=any(name for name, _ in pairs))

    def _children(self, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
        match call:
            case ast.Call(args=[ast.Call(func=kind, args=[ast.List() | ast.Tuple() as items])], keywords=[]) if (
                ast.unparse(kind).rpartition(".")[2] == "OrderedDict"
            ):
                for item in items.elts:
                    match item:
                        case ast.Tuple(elts=[ast.Constant(value=str(name)), value]) if is_identifier(name):
                            yield name, value
                        case _:
                            raise _MoreThanLayers
            case ast.Call(keywords=[]):
                for value in call.args:
                    yield "", value
            case _:
                raise _MoreThanLayers


def _frozen(value: object) -> OptionValue:
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(value)


def _specs(entry: Entry) -> list[OptionSpec]:
    return [option for option in entry.options if not option.forward or entry.kind == "function"]


def typed_options(type: str, text: str, names: tuple[str, ...] = ()) -> dict[str, OptionValue]:
    """The options in what was typed behind the name of an entry: `conv2d(3, 64, kernel_size=3`; none where that is
    no list of arguments that it takes."""
    _, _, arguments = text.partition("(")
    entry = catalog().get(type)
    if entry is None or not arguments.strip(" )"):
        return {}
    for source in (f"f({arguments}", f"f({arguments})"):
        try:
            call = ast.parse(source, mode="eval").body
            if isinstance(call, ast.Call):
                return _Reader(names, False).options(entry, call.args, call.keywords)
        except (_MoreThanLayers, BlockStudioError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return {}


# --- what would have to be run ----------------------------------------------------------------------


def models_in(source: str) -> tuple[str, str]:
    """The name of the model that a piece of Python makes, "" for none, and the source as a file that can be
    imported: with what snippets leave out."""
    tree = ast.parse(source)
    if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
        source = f"model = {source}"
    lines = [line for name, line in _USUAL.items() if _uses(tree, name)]
    whole = "\n".join([*lines, "", source, ""]) if lines else source
    found = [offer for offer in offers(source) if offer.kind != "function"]
    return (found[0].name if found else ""), whole


_USUAL = {
    "torch": "import torch",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
}
"""What these names mean where nothing is said of them."""


def _uses(tree: ast.Module, name: str) -> bool:
    """Whether a name is used that is not imported."""
    imported = {
        item.asname or item.name.split(".")[0]
        for part in tree.body
        if isinstance(part, ast.Import | ast.ImportFrom)
        for item in part.names
    }
    used = any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(tree))
    return used and name not in imported


def block_in(document: Document, source: str) -> str:
    """The name of the one block that a piece of Python defines; "" where it is none, or the name is taken."""
    try:
        name = read_code(source).class_name
    except CodeError:
        return ""
    return name if name not in document.definitions else ""
