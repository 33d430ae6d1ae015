"""Arguments of catalog entries: read from Python signatures, and from the short form of the overrides."""

from __future__ import annotations

import ast
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from attrs import evolve

from blockstudio.catalog.spec import REQUIRED, OptionSpec, OptionType, PortSpec, Required
from blockstudio.graph.model import OptionValue

Argument = PortSpec | OptionSpec

_ALIASES: Mapping[str, dict[str, Any]] = {
    "size": {"type": "int", "minimum": 1},
    "probability": {"type": "float", "minimum": 0.0, "maximum": 1.0},
    "ints": {"type": "int|tuple"},
    "floats": {"type": "float|tuple"},
    "shape": {"type": "tuple"},
}

_WRITTEN = re.compile(
    r"(?P<either>@?)(?P<many>\*?)(?P<name>\w+)(?P<optional>\??)(?::\s*(?P<type>[^=]+?))?(?:\s*=\s*(?P<default>.+))?"
)


def read_signature(text: str) -> list[Argument]:
    """The ports and options of a signature as functions.toml explains it, in order."""
    return [argument for part in _split(text) for argument in _read(part)]


def _split(text: str) -> list[str]:
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _read(part: str) -> Iterator[Argument]:
    found = _WRITTEN.fullmatch(part)
    if found is None:
        raise ValueError(f"not an argument: {part}")
    name, many, kind = found["name"], bool(found["many"]), found["type"]
    if kind is None:
        yield PortSpec(name, optional=bool(found["optional"]), variadic=many)
        return
    default = found["default"]
    value = REQUIRED if default in (None, "!") else ast.literal_eval(default)
    option = OptionSpec(name, **_type(kind), default=value)
    if found["either"]:
        # Where the option has no default, one of the two must be given: `node_ports` works that out.
        yield PortSpec(
            name,
            optional=value is not REQUIRED or many,
            variadic=many,
            count=name if many else "",
            advanced=many or value is not REQUIRED,
        )
    yield option


def _type(text: str) -> dict[str, Any]:
    text = text.strip()
    nullable = text.endswith("?")
    text = text.removesuffix("?")
    if text.startswith("'"):
        values = {"type": "choice", "choices": tuple(ast.literal_eval(choice) for choice in text.split("|"))}
    else:
        values = dict(_ALIASES.get(text, {"type": text}))
    return {**values, "nullable": nullable}


def inspected(function: Callable[..., Any]) -> list[Argument]:
    """The arguments of a Python function: those annotated as tensors are ports, the rest options."""
    hints = _hints(function)
    arguments: list[Argument] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self" or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        hint = hints.get(parameter.name, parameter.annotation)
        given = parameter.default is not parameter.empty
        if _is_tensor(hint):
            arguments.append(PortSpec(parameter.name, optional=given))
            continue
        default: OptionValue | Required = _literal(parameter.default) if given else REQUIRED
        keyword_only = parameter.kind is parameter.KEYWORD_ONLY
        option = OptionSpec(parameter.name, **_of_hint(hint, default), default=default)
        arguments.append(evolve(option, positional=not given and not keyword_only))
    return arguments


def constructor_options(arguments: list[Argument]) -> list[OptionSpec]:
    """Constructor arguments as options; tensors among them are tensor expressions."""
    return [
        argument if isinstance(argument, OptionSpec) else OptionSpec(argument.name, "tensor", None, nullable=True)
        for argument in arguments
    ]


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError):
        return {}


def _members(hint: Any) -> list[Any]:
    """The types a union is made of, without None."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [member for part in typing.get_args(hint) for member in _members(part)]
    return [] if hint is type(None) else [hint]


def _is_tensor(hint: Any) -> bool:
    return torch.Tensor in _members(hint)


def _literal(value: Any) -> OptionValue:
    if callable(value):
        return str(value.__name__)  # the activation of a transformer layer
    return tuple(value) if isinstance(value, list) else value


def _of_hint(hint: Any, default: object) -> dict[str, Any]:
    """The option fields that a type annotation gives."""
    members = _members(hint)
    nullable = default is None or type(None) in typing.get_args(hint)
    if typing.get_origin(hint) is typing.Literal:
        return {"type": "choice", "choices": typing.get_args(hint)}
    tuples = [member for member in members if _is_sequence(member)]
    plain = [member for member in members if member not in tuples]
    values: dict[str, Any] = {"type": _plain_type(plain, bool(tuples), default), "nullable": nullable}
    if tuples and str in plain:
        values["choices"] = ("same", "valid")  # the padding of convolutions is the only such argument
    if tuples and (length := _length(tuples[0])) > 1:
        values["length"] = length
    if tuples and type(None) in typing.get_args(tuples[0]):
        values["nullable"] = True
    return values


def _is_sequence(hint: Any) -> bool:
    origin = typing.get_origin(hint) or hint
    return isinstance(origin, type) and issubclass(origin, tuple | list | typing.Sequence) and origin is not str


def _length(hint: Any) -> int:
    """How many elements a tuple type has; 0 for any number."""
    elements = typing.get_args(hint)
    return 0 if Ellipsis in elements or typing.get_origin(hint) is not tuple else len(elements)


def _plain_type(plain: list[Any], tuples: bool, default: object) -> OptionType:
    if tuples:
        if float in plain:
            return "float|tuple"
        return "int|tuple" if int in plain else "tuple"
    if plain == [bool] or isinstance(default, bool):
        return "bool"
    if float in plain or isinstance(default, float):
        return "float"
    if int in plain or (isinstance(default, int) and not plain):
        return "int"
    if str in plain or isinstance(default, str):
        return "str"
    return "any"
