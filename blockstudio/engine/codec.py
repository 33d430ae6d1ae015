"""Requests and replies as JSON text, and back."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Union, get_args, get_origin

from cattrs import BaseValidationError, Converter

from blockstudio.engine import protocol
from blockstudio.engine.protocol import Failure, Request
from blockstudio.errors import BlockStudioError, EngineError, mark
from blockstudio.graph.model import Expression, OptionValue

_PRIMITIVES = {int, float, str, bool, type(None)}

MESSAGES: dict[str, type] = {
    kind.__name__: kind for kind in (*protocol.REPLIES, *dict.fromkeys(protocol.REPLIES.values()), Failure)
}
"""Everything that crosses, by the name it has in JSON."""


def encode(message: Any) -> str:
    """A request, a reply or a `Failure` as text. Not-a-number and infinities are written as JavaScript does."""
    kind = type(message).__name__
    assert MESSAGES.get(kind) is type(message), kind
    data = converter().unstructure(message)
    return json.dumps({"kind": kind, "data": data}, ensure_ascii=False, separators=(",", ":"), default=_word)


def decode(text: str) -> Any:
    """The request, reply or `Failure` in a text; EngineError when it is none."""
    try:
        raw = json.loads(text)
        kind = MESSAGES[raw["kind"]]
        return converter().structure(raw["data"], kind)
    except (ValueError, TypeError, KeyError, RecursionError, BaseValidationError) as error:
        raise EngineError(
            mark("The engine sent something that cannot be read: {reason}."), reason=f"{type(error).__name__}: {error}"
        ) from error


def decode_request(text: str) -> Request:
    """The request in a text; EngineError when it is none."""
    request = decode(text)
    if type(request) not in protocol.REPLIES:
        raise EngineError(mark("The engine was sent a {kind}, which is no request."), kind=type(request).__name__)
    return request  # type: ignore[no-any-return]  # its type was looked up


@cache
def converter() -> Converter:
    made = Converter(detailed_validation=False, unstruct_collection_overrides={tuple: list})
    # Values of JSON's own types are taken as they come: a table of numbers is large.
    made.register_structure_hook_func(_is_primitive, lambda value, _: value)
    made.register_structure_hook_func(_is_primitives, lambda value, _: tuple(value))
    made.register_structure_hook_func(_is_option, lambda value, _: _option(value))
    made.register_unstructure_hook_func(_is_option, _plain_option)
    made.register_structure_hook(float, lambda value, _: float(value))
    made.register_unstructure_hook(dict, lambda value: value)
    made.register_unstructure_hook_func(_is_primitives, list)
    return made


def _is_primitive(kind: Any) -> bool:
    if get_origin(kind) in (Union, types.UnionType):
        return set(get_args(kind)) <= _PRIMITIVES
    return kind in (str, int, bool)


def _is_primitives(kind: Any) -> bool:
    """tuple[int, ...] and the like."""
    arguments = get_args(kind)
    return get_origin(kind) is tuple and arguments[1:] == (Ellipsis,) and _is_primitive(arguments[0])


def _is_option(kind: Any) -> bool:
    # By its parts: cattrs resolves the alias's reference to itself, and equality is lost.
    return Expression in get_args(kind)


def _option(value: Any) -> OptionValue:
    if isinstance(value, dict):
        return Expression(value["expression"])
    if isinstance(value, list):
        return tuple(_option(part) for part in value)
    return value  # type: ignore[no-any-return]  # JSON has no others


def _plain_option(value: OptionValue) -> Any:
    if isinstance(value, Expression):
        return {"expression": value.text}
    if isinstance(value, tuple):
        return [_plain_option(part) for part in value]
    return value


def _word(value: Any) -> Any:
    """Facts of an error may hold any value; what JSON has no form for goes as it would be printed."""
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, BlockStudioError):
        return {"template": value.template, "facts": dict(value.facts)}
    return str(value)
