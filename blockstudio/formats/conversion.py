"""Documents as JSON data and back, by cattrs: defaults left out, and what this version does not know kept."""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from blockstudio.graph.model import (
    Bookmark,
    Call,
    CodeDefinition,
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
    Note,
    OptionValue,
    Parameter,
    Port,
    Position,
    Repeat,
    Sequential,
    Unknown,
    While,
)

FARTHEST = 1e9
"""From the middle of the canvas; Qt breaks down where numbers of pixels end."""

NODE_KINDS: dict[str, type[Node]] = {
    kind.kind: kind for kind in (Layer, Function, Instance, Call, Constant, Parameter, Sequential, While, If, Repeat)
}


def _make_converter() -> Converter:
    made = Converter(unstruct_collection_overrides={tuple: list}, detailed_validation=True)
    for primitive in (int, float, str, bool):
        made.register_structure_hook(primitive, _strict(primitive))
    for matches, read in _READERS:
        made.register_structure_hook_func(matches, _ignoring_type(read))
    made.register_unstructure_hook_func(_is_options, _plain_options)
    made.register_unstructure_hook_func(_is_option, _plain_option)
    made.register_structure_hook(Node, lambda data, _: _structure_node(made, data))
    made.register_structure_hook_func(
        lambda kind: kind == Definition | CodeDefinition,
        lambda data, _: made.structure(
            data, CodeDefinition if isinstance(data, dict) and "source" in data else Definition
        ),
    )
    made.register_unstructure_hook(Unknown, _plain_unknown)
    made.register_structure_hook(Graph, lambda data, _: _structure_graph(made, data))
    made.register_unstructure_hook(Graph, lambda graph: _plain_graph(made, graph))
    # After the hooks above, which the generated functions take up when they are made.
    for cls in (Example, Port, Note, Bookmark, HyperParameter, Initializer, CodeDefinition, *NODE_KINDS.values()):
        _register(made, cls)
    _register(made, Definition, graph=override(omit_if_default=False))
    return made


def _ignoring_type(read: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda data, _: read(data)


def _is_option(kind: Any) -> bool:
    # By its parts: cattrs resolves the alias's reference to itself, and equality is lost.
    return Expression in get_args(kind)


def _is_options(kind: Any) -> bool:
    return get_origin(kind) is abc.Mapping and _is_option(get_args(kind)[1])


def _register(made: Converter, cls: Any, **overrides: Any) -> None:
    """Convert a class with its defaults left out and keys it does not know in `extra`."""
    names = {attribute.name for attribute in attrs.fields(cls)}
    if "extra" in names:
        overrides["extra"] = override(omit=True)
    # Generated when first needed: few projects use all, and a window opens before anything is written.
    to_dict = cache(lambda: make_dict_unstructure_fn(cls, made, _cattrs_omit_if_default=True, **overrides))
    from_dict = cache(lambda: make_dict_structure_fn(cls, made))
    kind = getattr(cls, "kind", None)

    def unstructure(value: Any) -> dict[str, Any]:
        data = {"kind": kind, **to_dict()(value)} if kind else to_dict()(value)
        return {**data, **getattr(value, "extra", {})}

    def structure(data: Any, _: type) -> Any:
        known = _mapping(data)
        if "extra" in names:
            strange = {key: known[key] for key in known if key not in names - {"extra"} and key != "kind"}
            known = {**{key: known[key] for key in known if key not in strange}, "extra": strange}
        return from_dict()(known, cls)

    made.register_unstructure_hook(cls, unstructure)
    made.register_structure_hook(cls, structure)


def _structure_node(made: Converter, data: Any) -> Node:
    kind = NODE_KINDS.get(_mapping(data).get("kind", ""))
    if kind is not None:
        return made.structure(data, kind)
    return Unknown(name=made.structure(data.get("name"), str), data=data, **_common(data))


def _plain_unknown(node: Unknown) -> dict[str, Any]:
    before = Unknown(name=node.name, **_common(node.data))
    now = {key: getattr(node, key) for key in ("position", *_COMMON)}
    changed = {key: value for key, value in now.items() if value != getattr(before, key)}
    if "position" in changed:
        changed["position"] = list(node.position)
    return {**node.data, "name": node.name, **changed}


_COMMON: Mapping[str, type] = {"comment": str, "color": str, "device": str, "bypassed": bool, "expanded": bool}
"""What every kind of node has, besides its name and position."""


def _common(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a node of a kind that is not known has as every node does; something else may go by these names, too."""
    found = {key: data[key] for key, kind in _COMMON.items() if isinstance(data.get(key), kind)}
    return {"position": _position(data.get("position", (0.0, 0.0))), **found}


def _structure_graph(made: Converter, data: Any) -> Graph:
    data = _mapping(data)
    known = {"inputs", "outputs", "nodes", "edges", "notes", "routes", "bookmarks", "down"}
    routes = made.structure(data.get("routes", {}), dict[str, tuple[Position, ...]])
    edges = made.structure(data.get("edges", {}), dict[str, str])
    return Graph(
        inputs=made.structure(data.get("inputs", []), list[Port]),
        outputs=made.structure(data.get("outputs", []), list[Port]),
        nodes=by_name(made.structure(data.get("nodes", []), list[Node]), "nodes"),
        edges={_endpoint(target): _endpoint(source) for target, source in edges.items()},
        notes=made.structure(data.get("notes", {}), dict[str, Note]),
        # Without its edge it would bend the next one that comes there.
        routes={_endpoint(target): points for target, points in routes.items() if target in edges},
        bookmarks=made.structure(data.get("bookmarks", {}), dict[str, Bookmark]),
        extra={key: value for key, value in data.items() if key not in known},
        down=made.structure(data.get("down", False), bool),
    )


def _plain_graph(made: Converter, graph: Graph) -> dict[str, Any]:
    # Sorted where order means nothing, so that an undone change leaves no trace in the file.
    edges = {":".join(target): ":".join(source) for target, source in sorted(graph.edges.items())}
    notes = {key: made.unstructure(note) for key, note in sorted(graph.notes.items())}
    routes = {":".join(target): [list(point) for point in points] for target, points in sorted(graph.routes.items())}
    data = {
        "down": graph.down,
        "inputs": [made.unstructure(port) for port in graph.inputs],
        "outputs": [made.unstructure(port) for port in graph.outputs],
        "nodes": [made.unstructure(node) for node in graph.nodes.values()],
        "edges": edges,
        "notes": notes,
        "routes": routes,
        "bookmarks": {name: made.unstructure(mark) for name, mark in sorted(graph.bookmarks.items())},
    }
    return {**{key: value for key, value in data.items() if value}, **graph.extra}


def _strict(primitive: type) -> Callable[[Any, Any], Any]:
    def structure(data: Any, _: Any) -> Any:
        if primitive is float and isinstance(data, int) and not isinstance(data, bool):
            return float(data)
        if not isinstance(data, primitive) or (isinstance(data, bool) and primitive is not bool):
            raise TypeError(f"{short(data)} is not {_NAMES[primitive]}")
        return data

    return structure


_NAMES: dict[type, str] = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}


def _position(data: Any) -> tuple[float, float]:
    if (
        not isinstance(data, list | tuple)
        or len(data) != 2
        or not all(isinstance(part, int | float) and not isinstance(part, bool) for part in data)
    ):
        raise TypeError(f"{short(data)} is not a pair of numbers")
    if not all(-FARTHEST <= part <= FARTHEST for part in data):  # nor does any compare with NaN
        raise ValueError(f"{short(data)} is no place on the canvas")
    return (float(data[0]), float(data[1]))


def _mapping(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise TypeError(f"{short(data)} is not an object")
    return data


def _option(data: Any) -> OptionValue:
    if data is None or isinstance(data, bool | int | float | str):
        return data
    if isinstance(data, list | tuple):
        return tuple(_option(part) for part in data)
    if isinstance(data, dict) and set(data) == {"expression"} and isinstance(data["expression"], str):
        return Expression(data["expression"])
    raise TypeError(f"{short(data)} is not an option's value")


def _options(data: Any) -> dict[str, OptionValue]:
    return {name: _option(value) for name, value in _mapping(data).items()}


def _plain_option(value: OptionValue) -> Any:
    if isinstance(value, Expression):
        return {"expression": value.text}
    if isinstance(value, tuple):
        return [_plain_option(part) for part in value]
    return value


def _plain_options(options: Mapping[str, OptionValue]) -> dict[str, Any]:
    return {name: _plain_option(value) for name, value in options.items()}


def _endpoint(text: str) -> Endpoint:
    node, colon, port = text.rpartition(":")
    if not colon:
        raise ValueError(f"{short(text)} is not an end of an edge")
    return Endpoint(node, port)


def by_name(values: Any, what: str) -> dict[str, Any]:
    """Named things by their names; ValueError where one has none, or two have the same."""
    result: dict[str, Any] = {}
    for value in values:
        if not value.name:  # "" is the border of a graph
            raise ValueError(f"one of the {what} has no name")
        if value.name in result:
            raise ValueError(f"two {what} are named “{short(value.name)}”")
        result[value.name] = value
    return result


def short(value: Any) -> str:
    """A value as a message has room for it."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...] = (
    (lambda kind: kind == Position, _position),
    (_is_option, _option),
    (lambda kind: kind == Mapping[str, Any], _mapping),
    (_is_options, _options),
)

converter = _make_converter()
