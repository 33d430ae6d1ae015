"""Python source for constructors, calls and results, from the templates that `spec.py` describes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import isfinite

from attrs import frozen

from blockstudio.catalog.spec import Entry, OptionSpec, PortSpec, Required
from blockstudio.errors import ExpressionError, mark
from blockstudio.graph.expressions import DTYPES
from blockstudio.graph.model import Expression, Options, OptionValue

_FIELD = re.compile(r"\{(\*?)(\w+)\}")
_ATOM = 15
_UNARY = 12
_POWER = 13
_BINDING: Mapping[type[ast.AST], int] = {
    ast.Tuple: 0,
    ast.Lambda: 0,
    ast.IfExp: 1,
    ast.Or: 2,
    ast.And: 3,
    ast.Not: 4,
    ast.Compare: 5,
    ast.BitOr: 6,
    ast.BitXor: 7,
    ast.BitAnd: 8,
    ast.LShift: 9,
    ast.RShift: 9,
    ast.Add: 10,
    ast.Sub: 10,
    ast.Mult: 11,
    ast.MatMult: 11,
    ast.Div: 11,
    ast.FloorDiv: 11,
    ast.Mod: 11,
    ast.UnaryOp: _UNARY,
    ast.Pow: _POWER,
}


def constructor(entry: Entry, options: Options) -> str:
    """The source that makes a layer: `nn.Linear(20, 256)`."""
    own = {option.name: option for option in entry.options if not option.forward}
    return _Writer({}, own, options, {}).write(_parse(entry.constructor))


def call(entry: Entry, inputs: Mapping[str, str], options: Options, callee: str = "") -> str:
    """The source of one application, `inputs` being the source of what feeds each wired port.

    `callee` is the layer's source, `self.linear`; functions have none.
    """
    layer = entry.kind == "layer"
    own = {option.name: option for option in entry.options if option.forward or not layer}
    ports = {port.name: port for port in entry.inputs}
    return _Writer(ports, own, options, {**inputs, "self": callee}).write(_parse(entry.call))


def targets(entry: Entry, present: Sequence[str], names: Mapping[str, str]) -> str:
    """What stands left of the `=`: `present` are the output ports there are, `names` those that are used."""
    if not entry.result:
        written = [names.get(port, "_") for port in present]
        spread = any(port.variadic for port in entry.outputs)
        return f"({written[0]},)" if spread and len(written) == 1 else ", ".join(written)
    text = _FIELD.sub(lambda found: names.get(found[2], "_") if found[2] in present else "_", entry.result)
    return re.sub(r"\((_, )*_\)", "_", text)


def option_source(option: OptionSpec, value: OptionValue) -> str:
    """The source of an option's value; ExpressionError for a value that cannot be written."""
    if isinstance(value, Expression):
        return value.text
    if option.type == "dtype" and value is not None:
        if value not in DTYPES:
            raise ExpressionError(mark("“{text}” is not a dtype."), text=value)
        return f"torch.{value}"
    if option.type == "index" and isinstance(value, str):
        return value
    return _literal(value)


def _literal(value: OptionValue) -> str:
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, float) and not isfinite(value):
        return f'float("{value}")'
    return repr(value)


@frozen
class _Field:
    name: str
    spread: bool
    binding: int
    """Brackets are needed round anything that binds less tightly than this."""


@frozen
class _Template:
    pieces: tuple[str | _Field, ...]
    arguments: tuple[_Argument, ...] | None
    """The argument list behind the pieces, if there is one."""

    def fields(self) -> Iterator[_Field]:
        for piece in self.pieces:
            if isinstance(piece, _Field):
                yield piece
        for argument in self.arguments or ():
            yield from argument.template.fields()

    @property
    def is_call(self) -> bool:
        return self.arguments is not None


@frozen
class _Argument:
    keyword: str
    template: _Template
    rest: bool = False


@lru_cache(maxsize=None)
def _parse(text: str) -> _Template:
    head, arguments = text, None
    opening = _last_list(text)
    if opening is not None:
        head = text[:opening]
        arguments = tuple(_parse_argument(part) for part in _split(text[opening + 1 : -1]))
    return _Template(tuple(_pieces(head)), arguments)


def _parse_argument(text: str) -> _Argument:
    if text == "...":
        return _Argument("", _Template((), None), rest=True)
    named = re.match(r"(\w+)=(.*)", text)
    return _Argument(named[1], _parse(named[2])) if named else _Argument("", _parse(text))


def _last_list(text: str) -> int | None:
    """Where the argument list that ends a text opens; None for a text that does not end in one."""
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        depth += (text[index] == ")") - (text[index] == "(")
        if not depth:
            called = index > 0 and (text[index - 1].isidentifier() or text[index - 1] == "}")
            return index if called and text[index] == "(" else None
    return None


def _split(text: str) -> list[str]:
    """The arguments of a list; commas inside brackets do not part them."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _pieces(text: str) -> Iterator[str | _Field]:
    bindings = _bindings(text)
    start = 0
    for found in _FIELD.finditer(text):
        if found.start() > start:
            yield text[start : found.start()]
        yield _Field(found[2], found[1] == "*", next(bindings))
        start = found.end()
    if start < len(text):
        yield text[start:]


def _bindings(text: str) -> Iterator[int]:
    """How tightly what stands in each field must bind, in the order of the fields."""
    count = 0

    def number(_: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"_{count - 1}"

    tree = ast.parse(_FIELD.sub(number, text) or "None", mode="eval")
    found = {}
    for parent in ast.walk(tree):
        for child in ast.iter_child_nodes(parent):
            if isinstance(child, ast.Name):
                found[child.id] = _demand(parent, child)
    return iter([found[f"_{index}"] for index in range(count)])


def _demand(parent: ast.AST, child: ast.AST) -> int:
    match parent:
        case ast.BinOp(op=ast.Pow()):
            return _POWER + 1 if child is parent.left else _UNARY
        case ast.BinOp():
            return _BINDING[type(parent.op)] + (child is parent.right)
        case ast.UnaryOp():
            return _UNARY
        case ast.Compare():
            return _BINDING[ast.Compare] + 1
        case ast.Attribute():
            return _ATOM
        case ast.Subscript() if child is parent.value:
            return _ATOM
        case ast.Call() if child is parent.func:
            return _ATOM
    return 0


@lru_cache(maxsize=10_000)
def _binding(source: str) -> int:
    if source.isidentifier():
        return _ATOM
    tree = ast.parse(source, mode="eval").body
    match tree:
        case ast.Constant(value=int() | float()):
            return _ATOM - 1  # `1.abs()` would not parse
        case ast.BinOp() | ast.BoolOp():
            return _BINDING[type(tree.op)]
        case ast.UnaryOp():
            return _BINDING[ast.Not] if isinstance(tree.op, ast.Not) else _UNARY
        case ast.Tuple():
            return _ATOM if source.startswith("(") else 0
    return _BINDING.get(type(tree), _ATOM)


@frozen
class _Writer:
    ports: Mapping[str, PortSpec]
    options: Mapping[str, OptionSpec]
    values: Options
    inputs: Mapping[str, str]

    def write(self, template: _Template, mentioned: frozenset[str] = frozenset()) -> str:
        head = "".join(piece if isinstance(piece, str) else self._field(piece) for piece in template.pieces)
        if template.arguments is None:
            return head
        mentioned |= {field.name for field in template.fields()}
        return f"{head}({', '.join(self._arguments(template.arguments, mentioned))})"

    def _arguments(self, arguments: Sequence[_Argument], mentioned: frozenset[str]) -> Iterator[str]:
        bare = True  # nothing was left out so far, nor written with its keyword
        for argument in arguments:
            if argument.rest:
                yield from self._rest(mentioned, bare)
                bare = False
                continue
            names = [field.name for field in argument.template.fields()]
            if not argument.template.is_call and not all(map(self._is_given, names)):
                bare = False
                continue
            keyword = argument.keyword or ("" if bare else names[0])
            bare = not keyword
            yield (f"{keyword}=" if keyword else "") + self.write(argument.template, mentioned)

    def _rest(self, mentioned: frozenset[str], bare: bool) -> Iterator[str]:
        names = [*self.ports, *(name for name in self.options if name not in self.ports)]
        for name in names:
            if name in mentioned:
                continue
            if not self._is_given(name):
                bare = False
                continue
            bare = bare and (name in self.options and self.options[name].positional)
            yield ("" if bare else f"{name}=") + self._source(name)

    def _is_given(self, name: str) -> bool:
        if name in self.inputs or self._elements(name):
            return True
        option = self.options.get(name)
        if option is None:
            return False
        if option.required:
            return True
        value = self._value(option)
        return value != option.default or type(value) is not type(option.default) or repr(value) in option.sources

    def _field(self, field: _Field) -> str:
        source = self._spread(field.name) if field.spread else self._source(field.name)
        return source if not field.binding or _binding(source) >= field.binding else f"({source})"

    def _source(self, name: str) -> str:
        if name in self.inputs:
            return self.inputs[name]
        if self._elements(name):
            spread = self._spread(name)
            return f"({spread})" if ", " in spread else f"({spread},)"
        option = self.options.get(name)
        if option is None:
            # An input that nothing feeds, where the call cannot do without: check has said so.
            return "None"
        value = self._value(option)
        special = option.sources.get(repr(value))
        return option_source(option, value) if special is None else self.write(_parse(special))

    def _spread(self, name: str) -> str:
        wired = self._elements(name)
        option = self.options.get(name)
        value = self._value(option) if option else ()
        if not isinstance(value, tuple):
            return self._source(name) if not wired else ", ".join(wired.values())
        literals = {index: _literal(element) for index, element in enumerate(value)}
        return ", ".join(source for _, source in sorted({**literals, **wired}.items()))

    def _value(self, option: OptionSpec) -> OptionValue:
        default = None if isinstance(option.default, Required) else option.default
        return self.values.get(option.name, default)

    def _elements(self, name: str) -> dict[int, str]:
        """The sources of the wired ports `name.0`, `name.1`, ... by their number."""
        port = self.ports.get(name)
        if port is None or not port.variadic:
            return {}
        found = {}
        for wired, source in self.inputs.items():
            stem, _, number = wired.rpartition(".")
            if stem == name and number.isdigit():
                found[int(number)] = source
        return dict(sorted(found.items()))

