"""Which values an option takes, and options made from Python text."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import UnionType

from blockstudio.catalog.spec import REQUIRED, OptionSpec, OptionType
from blockstudio.errors import OptionError, mark
from blockstudio.graph.expressions import DTYPES, LARGEST_INTEGER
from blockstudio.graph.model import Expression, OptionValue

_WANTED: Mapping[OptionType, str] = {
    "int": mark("“{option}” takes a whole number, not {value}."),
    "float": mark("“{option}” takes a number, not {value}."),
    "bool": mark("“{option}” takes yes or no, not {value}."),
    "str": mark("“{option}” takes text, not {value}."),
    "choice": mark("“{option}” takes one of {choices}, not {value}."),
    "number": mark("“{option}” takes a number, not {value}."),
    "int|tuple": mark("“{option}” takes a whole number or a tuple of them, not {value}."),
    "float|tuple": mark("“{option}” takes a number or a tuple of them, not {value}."),
    "tuple": mark("“{option}” takes a tuple of whole numbers, not {value}."),
    "dtype": mark("“{option}” takes a dtype, not {value}."),
    "index": mark("“{option}” takes an index, not {value}."),
    "tensor": mark("“{option}” takes a tensor expression, not {value}."),
    "any": mark("“{option}” cannot be {value}."),
}


def check_value(option: OptionSpec, value: OptionValue) -> None:
    """Refuse a value the option does not take: OptionError. The text of expressions is not looked at."""
    if isinstance(value, Expression) and option.literal:
        raise OptionError(mark("“{option}” decides the outputs, so it cannot be an expression."), option=option.name)
    if isinstance(value, Expression) or (value is None and option.nullable):
        return
    if value is None and option.required:
        raise OptionError(mark("“{option}” needs a value."), option=option.name)
    if any(value == choice and type(value) is type(choice) for choice in option.choices):
        return
    if not _is_of_type(option, value):
        choices = ", ".join(map(repr, option.choices))
        raise OptionError(_WANTED[option.type], option=option.name, value=_shown(value), choices=choices)
    for element in value if isinstance(value, tuple) else (value,):
        _check_bounds(option, element)
        if "float" not in option.type and isinstance(element, int) and abs(element) >= LARGEST_INTEGER:
            raise OptionError(mark("“{option}” is too large: {value}."), option=option.name, value=_shown(element))
    if option.length and isinstance(value, tuple) and len(value) not in (1, option.length):
        raise OptionError(
            mark("“{option}” takes {length} numbers, not {count}."),
            option=option.name,
            length=option.length,
            count=len(value),
        )


def option_from_text(name: str, default: str, annotation: str = "", doc: str = "") -> OptionSpec:
    """The option for an argument with a default expression ("" for none) and, if known, a type."""
    value: OptionValue = None
    if default:
        try:
            value = _frozen(ast.literal_eval(default))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            value = Expression(default)
    kind = _type_of(annotation, value)
    nullable = "None" in annotation or "Optional" in annotation or (bool(default) and value is None)
    return OptionSpec(name, kind, value if default else REQUIRED, doc, nullable=nullable)


def _is_of_type(option: OptionSpec, value: OptionValue) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    real = whole or isinstance(value, float)
    match option.type:
        case "int":
            return whole
        case "float":
            return real
        case "bool":
            return isinstance(value, bool)
        case "str" | "index":
            return isinstance(value, str)
        case "number":
            return real or isinstance(value, bool)
        case "int|tuple":
            return whole or _all(option, value, int)
        case "float|tuple":
            return real or _all(option, value, int | float)
        case "tuple":
            return _all(option, value, int)
        case "dtype":
            return value in DTYPES
        case "tensor" | "choice":
            return False
        case "any":
            return True


def _all(option: OptionSpec, value: OptionValue, kind: UnionType | type) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(element, Expression)
        or (isinstance(element, kind) and not isinstance(element, bool))
        or (element is None and option.nullable)  # AdaptiveAvgPool2d((7, None)) keeps one size
        for element in value
    )


def _check_bounds(option: OptionSpec, value: OptionValue) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if option.minimum is not None and not value >= option.minimum:
        raise OptionError(
            mark("“{option}” is at least {minimum}, not {value}."),
            option=option.name,
            minimum=option.minimum,
            value=value,
        )
    if option.maximum is not None and not value <= option.maximum:
        raise OptionError(
            mark("“{option}” is at most {maximum}, not {value}."),
            option=option.name,
            maximum=option.maximum,
            value=value,
        )


def _shown(value: OptionValue) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _frozen(value: object) -> OptionValue:
    """A literal with its lists made tuples; ValueError for one that no option can hold."""
    if isinstance(value, list | tuple):
        return tuple(_frozen(element) for element in value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(value)


def _type_of(annotation: str, value: OptionValue) -> OptionType:
    plain = annotation.replace("Optional[", "").replace("| None", "").replace("None |", "").strip(" ]\"'")
    named: dict[str, OptionType] = {"int": "int", "float": "float", "bool": "bool", "str": "str"}
    if plain in named:
        return named[plain]
    match value if not annotation else None:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str"
    return "any"
