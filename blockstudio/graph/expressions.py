"""The expressions a document may hold, checked by their syntax tree; never evaluated here.

Three kinds: option expressions over hyper-parameters (`channels * 4`), tensor expressions that
give a constant or a parameter its initial value (`torch.rand(20, 20)`), and indices (`0, :5`).
`normalised` text is what generated code contains, so nothing else can get into it.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, Literal, NoReturn

from attrs import frozen

from blockstudio.errors import ExpressionError, mark

LONGEST = 20_000
DEEPEST = 60
LARGEST_INTEGER = 2**63
LARGEST_EXPONENT = 64

OPTION_FUNCTIONS = frozenset({"len", "min", "max", "range", "abs", "int", "float", "round", "sum"})

TENSOR_FUNCTIONS = frozenset(
    "tensor zeros ones full empty rand randn randint randperm arange linspace logspace eye "
    "zeros_like ones_like full_like rand_like randn_like empty_like normal "
    "abs exp log sqrt rsqrt sin cos tan tanh sigmoid relu sign floor ceil round clamp pow "
    "sum mean std var min max amin amax prod cumsum norm softmax "
    "cat stack tril triu diag outer flip roll where matmul mm "
    "reshape transpose permute squeeze unsqueeze flatten".split()
)
"""Called as `torch.NAME(...)`; those that make sense on a tensor also as `x.NAME(...)`."""

TENSOR_METHODS = TENSOR_FUNCTIONS | {"float", "double", "half", "long", "int", "bool", "t", "view", "expand", "repeat"}

TENSOR_ATTRIBUTES = frozenset({"shape", "T", "dtype"})

DTYPES = "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 complex128".split()

TORCH_NAMES = frozenset({*DTYPES, "pi", "inf", "nan", "e"})

_SIMPLE = (
    ast.Expression,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Subscript,
    ast.Slice,
    ast.Tuple,
    ast.List,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
)


def check_option(text: str, names: Collection[str]) -> str:
    """The normalised text of an option expression that may use `names`; ExpressionError if it is none."""
    return _known(text, _checked(text, "option"), names)


def check_tensor(text: str, names: Collection[str]) -> str:
    """The normalised text of a tensor expression that may use `names`; ExpressionError if it is none."""
    return _known(text, _checked(text, "tensor"), names)


def check_index(text: str, names: Collection[str] = ()) -> str:
    """The normalised text of what may stand between square brackets; ExpressionError if it may not."""
    return _known(text, _checked(text, "index"), names)


# A document is checked, lowered and walked anew at every edit, and most expressions are as they were.
_remembered = lru_cache(maxsize=4_000)


@frozen
class _Checked:
    """The normalised text of an expression, and the names it uses."""

    text: str
    names: tuple[str, ...]


def _known(text: str, checked: _Checked, names: Collection[str]) -> str:
    for name in checked.names:
        if name not in names:
            _refuse(mark("“{text}” uses the unknown name “{name}”."), text, name=name)
    return checked.text


@_remembered
def _checked(text: str, kind: Literal["option", "tensor", "index"]) -> _Checked:
    if kind == "index":
        return _checked_index(text)
    tree = _parse(text)
    checker = _Checker(text, tensors=kind == "tensor")
    checker.visit(tree)
    return _Checked(ast.unparse(tree), tuple(checker.names))


def _checked_index(text: str) -> _Checked:
    tree = _parse(f"x[{text}]", shown=text)
    body = tree.body
    if not isinstance(body, ast.Subscript) or not isinstance(body.value, ast.Name):
        _refuse(mark("“{text}” is not an index."), text)
    for part in ast.walk(body.slice):
        if isinstance(part, ast.Constant) and (part.value is Ellipsis or part.value is None):
            continue
        if isinstance(part, ast.Starred | ast.Call | ast.Attribute):
            _refuse(mark("“{text}” is not an index."), text)
    checker = _Checker(text, tensors=False, index=True)
    checker.visit(body.slice)
    return _Checked(ast.unparse(tree)[2:-1], tuple(checker.names))


@_remembered
def names_in(text: str) -> frozenset[str]:
    """The free names an expression uses, `torch` and function names left out; empty if it is none."""
    try:
        tree = _parse(text)
    except ExpressionError:
        return frozenset()
    called = {call.func.id for call in ast.walk(tree) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
    names = {name.id for name in ast.walk(tree) if isinstance(name, ast.Name)}
    return frozenset(names - called - {"torch", "True", "False", "None"})


def rename(text: str, old: str, new: str) -> str:
    """The expression with a name replaced; the text itself where it does not parse or use the name."""
    if old not in names_in(text):
        return text
    tree = _parse(text)
    for part in ast.walk(tree):
        if isinstance(part, ast.Name) and part.id == old:
            part.id = new
    return ast.unparse(tree)


def rename_in_index(text: str, old: str, new: str) -> str:
    """What stands between square brackets, with a name replaced."""
    return rename(f"_[{text}]", old, new)[2:-1] if text else ""


def substitute(text: str, values: Mapping[str, str]) -> str:
    """The expression with names replaced by other expressions; the text itself where it does not parse."""
    used = tuple((name, values[name]) for name in sorted(names_in(text)) if name in values)
    return _substituted(text, used) if used else text


@_remembered
def _substituted(text: str, values: tuple[tuple[str, str], ...]) -> str:
    return ast.unparse(_Substitution(dict(values)).visit(_parse(text)))


class _Substitution(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def visit_Name(self, part: ast.Name) -> ast.AST:
        value = self.values.get(part.id, "")
        return _parse(value).body if value else part


def is_identifier(text: str) -> bool:
    """Whether a text can be a Python name of the user's."""
    return text.isidentifier() and not keyword.iskeyword(text)


def is_number(text: str) -> bool:
    """Whether a text is a whole number as a list would key its members: "0", "12"."""
    return text.isascii() and text.isdecimal() and (text == "0" or not text.startswith("0"))


def is_node_name(text: str) -> bool:
    """Whether a text can name a node: an identifier, one followed by `.segments` (`layers.0`), or a number,
    which makes the block itself a list of layers."""
    first, *rest = text.split(".")
    if not rest and is_number(text):
        return True
    return is_identifier(first) and all(part.isdigit() or is_identifier(part) for part in rest)


def _parse(text: str, shown: str | None = None) -> ast.Expression:
    shown = text if shown is None else shown
    if len(text) > LONGEST:
        _refuse(mark("The expression is longer than {limit} characters."), shown[:80], limit=LONGEST)
    if not shown.strip():
        _refuse(mark("The expression is empty."), shown)
    try:
        # Wrapped so that a line break inside does not end the expression.
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        _refuse(mark("“{text}” is not an expression."), shown)
    if _depth(tree) > DEEPEST:
        _refuse(mark("The expression is nested more than {limit} deep."), shown, limit=DEEPEST)
    return tree


def _depth(tree: ast.AST) -> int:
    deepest, pending = 0, [(tree, 1)]
    while pending:
        part, depth = pending.pop()
        deepest = max(deepest, depth)
        pending += [(child, depth + 1) for child in ast.iter_child_nodes(part)]
    return deepest


def _refuse(template: str, text: str, **facts: Any) -> NoReturn:
    raise ExpressionError(template, text=text if len(text) <= 80 else text[:77] + "…", **facts)


class _Checker(ast.NodeVisitor):
    """Refuses every syntax that is not listed."""

    def __init__(self, text: str, *, tensors: bool, index: bool = False) -> None:
        self.text = text
        self.names: dict[str, None] = {}
        """Those that are used, which are for others to know."""
        self.tensors = tensors
        self.index = index

    def generic_visit(self, part: ast.AST) -> None:
        if not isinstance(part, _SIMPLE):
            _refuse(mark("“{text}” uses {syntax}, which an expression may not."), self.text, syntax=_word(part))
        super().generic_visit(part)

    def visit_Constant(self, part: ast.Constant) -> None:
        value = part.value
        if self.index and (value is Ellipsis or value is None):
            return
        if not isinstance(value, int | float | bool | str | None):
            _refuse(mark("“{text}” uses {syntax}, which an expression may not."), self.text, syntax=repr(value))
        if isinstance(value, int) and abs(value) >= LARGEST_INTEGER:
            _refuse(mark("“{text}” has a number that is too large."), self.text)

    def visit_Name(self, part: ast.Name) -> None:
        self.names[part.id] = None

    def visit_BinOp(self, part: ast.BinOp) -> None:
        if isinstance(part.op, ast.Pow) and not (
            isinstance(part.right, ast.Constant)
            and isinstance(part.right.value, int | float)
            and abs(part.right.value) <= LARGEST_EXPONENT
        ):
            # Of numbers alone it could take for ever, and nothing interrupts that.
            small = isinstance(part.right, ast.Name | ast.UnaryOp)
            if self.tensors and any(isinstance(inner, ast.Name | ast.Attribute) for inner in ast.walk(part.right)):
                small = True
            if not small:
                _refuse(mark("“{text}” raises to a power that is not a small number."), self.text)
        self.generic_visit(part)

    def visit_Call(self, part: ast.Call) -> None:
        for argument in part.args:
            self.visit(argument)
        for keyword_argument in part.keywords:
            if keyword_argument.arg is None:
                _refuse(mark("“{text}” uses {syntax}, which an expression may not."), self.text, syntax="**")
            self.visit(keyword_argument.value)
        function = part.func
        if isinstance(function, ast.Name) and function.id in OPTION_FUNCTIONS and not part.keywords:
            return
        if self.tensors and isinstance(function, ast.Attribute):
            if isinstance(function.value, ast.Name) and function.value.id == "torch":
                if function.attr in TENSOR_FUNCTIONS:
                    return
            elif function.attr in TENSOR_METHODS:
                self.visit(function.value)
                return
        _refuse(mark("“{text}” calls {name}, which an expression may not."), self.text, name=ast.unparse(function))

    def visit_Attribute(self, part: ast.Attribute) -> None:
        if self.tensors:
            if isinstance(part.value, ast.Name) and part.value.id == "torch":
                if part.attr in TORCH_NAMES:
                    return
            elif part.attr in TENSOR_ATTRIBUTES:
                self.visit(part.value)
                return
        _refuse(mark("“{text}” uses {syntax}, which an expression may not."), self.text, syntax=f".{part.attr}")


def _word(part: ast.AST) -> str:
    return type(part).__name__
