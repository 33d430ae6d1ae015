"""Option values as text that a person types, and back; free of Qt."""

from __future__ import annotations

import ast
from collections.abc import Collection

from blockstudio.catalog.spec import OptionSpec
from blockstudio.catalog.values import check_value
from blockstudio.errors import BlockStudioError, ExpressionError, OptionError, mark
from blockstudio.graph.document import Document, Location
from blockstudio.graph.expressions import check_index, check_option, check_tensor, names_in
from blockstudio.graph.model import Expression, Function, Instance, Layer, Node, OptionValue, Repeat


def names_at(document: Document, location: Location) -> list[str]:
    """The names that expressions may use in a graph: hyper-parameters, and the numbers of rounds."""
    names = [parameter.name for parameter in document.definition(location.definition).hyper_parameters]
    return names + [repeat.index for repeat in rounds_at(document, location)]


def rounds_at(document: Document, location: Location) -> list[Repeat]:
    """The Repeats around a graph, outermost first."""
    found = []
    for depth, (node_name, _) in enumerate(location.steps):
        outer = Location(location.definition, location.steps[:depth])
        node = document.graph(outer).nodes.get(node_name)
        if isinstance(node, Repeat):
            found.append(node)
    return found


def can_expose(option: OptionSpec, node: Node) -> bool:
    """Whether an option can be made a hyper-parameter: it has a value that can be written, and follows none yet."""
    if option.literal or option.advanced or not isinstance(node, Layer | Function | Instance):
        return False
    value = node.options.get(option.name, option.when_unset)
    return not names_in(value.text) if isinstance(value, Expression) else value is not None


def shown(value: OptionValue, option: OptionSpec | None = None) -> str:
    """A value as it is typed; text in quotes where the option takes more than text."""
    if isinstance(value, str) and option is not None and option.type == "any":
        return repr(value)
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, tuple):
        return ", ".join(_quoted(part) for part in value) + ("," if len(value) == 1 else "")
    return value if isinstance(value, str) else repr(value)


def read(option: OptionSpec, text: str, names: Collection[str]) -> OptionValue:
    """The value that a typed text means; BlockStudioError when the option does not take it.

    A text that starts with "=" is an expression whatever the type; "None" and an empty text are None where
    that is allowed, and the default where there is one.
    """
    value = _read(option, text.strip(), names)
    check_value(option, value)
    return value


def _read(option: OptionSpec, text: str, names: Collection[str]) -> OptionValue:
    if text.startswith("=") and not text.startswith("=="):
        return Expression(check_option(text[1:], names))
    if option.nullable and text in ("", "None"):
        return None
    if not text and not option.required and option.type != "str":
        return option.when_unset
    match option.type:
        case "str":
            return text
        case "choice" if text in option.choices:
            return text
        case "dtype" | "choice" if not names:
            return text
        case "index":
            return check_index(text, names)
        case "tensor":
            return Expression(check_tensor(text, names))
    if not text:
        raise OptionError(mark("“{option}” needs a value."), option=option.name)
    return _literal_or_expression(text, names)


def _literal_or_expression(text: str, names: Collection[str]) -> OptionValue:
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(mark("“{text}” is not an expression."), text=text[:80]) from None
    if isinstance(tree, ast.Tuple | ast.List):
        return tuple(_part(part, names) for part in tree.elts)
    return _part(tree, names)


def _part(part: ast.expr, names: Collection[str]) -> OptionValue:
    try:
        value = ast.literal_eval(part)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return Expression(check_option(ast.unparse(part), names))
    if isinstance(value, tuple | list):
        return tuple(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return Expression(check_option(ast.unparse(part), names))


def _quoted(part: OptionValue) -> str:
    if isinstance(part, tuple):
        return f"({shown(part)})"
    return part.text if isinstance(part, Expression) else repr(part)


def fault(option: OptionSpec, text: str, names: Collection[str]) -> BlockStudioError | None:
    """What is wrong with a typed text; None when it is fine."""
    try:
        read(option, text, names)
    except BlockStudioError as error:
        return error
    return None


def stepped(text: str, up: bool) -> str | None:
    """The number a text is, one step up or down; None when it is no number.

    Whole numbers go by 1; others by the place of their last digit.
    """
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return str(value + (1 if up else -1))
    digits = text.strip().lower().partition("e")[0].partition(".")[2]
    if "e" in text.lower():
        return f"{value * (10 if up else 0.1):.6g}"
    places = max(1, len(digits))
    return f"{value + (1 if up else -1) * 10.0**-places:.{places}f}"


def type_words(option: OptionSpec) -> str:
    """The kind of value an option takes, as Python would say it."""
    name = "tuple of ints" if option.type == "tuple" else option.type.replace("|tuple", " or tuple")
    if option.type == "choice":
        name = " | ".join(repr(choice) for choice in option.choices)
    return f"{name} or None" if option.nullable else name
