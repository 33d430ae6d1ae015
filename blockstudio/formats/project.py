"""Project files: `NAME.blocks`, JSON that says "format" and "version", with readable diffs.

Reading never executes anything. Keys and node kinds that this version does not know are kept
and written back.
"""

from __future__ import annotations

import json
from collections import abc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, get_args, get_origin

import attrs
from cattrs import BaseValidationError, Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.v import transform_error

from blockstudio.errors import ProjectError, mark
from blockstudio.formats.files import write_atomically
from blockstudio.formats.migrations import VERSION, migrate
from blockstudio.graph.document import Document
from blockstudio.graph.model import (
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

FORMAT = "blockstudio"
LONGEST_TEXT = 1_000_000
DEEPEST = 150

NODE_KINDS: dict[str, type[Node]] = {
    kind.kind: kind for kind in (Layer, Function, Instance, Call, Constant, Parameter, Sequential, While, If, Repeat)
}


def load(path: str | Path) -> Document:
    """The document in a project file; ProjectError on any file that is not one."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ProjectError(
            mark("“{file}” cannot be read: {reason}."), file=str(path), reason=error.strerror or str(error)
        ) from error
    try:
        return loads(data)
    except ProjectError as error:
        raise ProjectError(mark("“{file}” cannot be opened. {reason}"), file=str(path), reason=error) from error


def save(document: Document, path: str | Path) -> None:
    """Write a project file; on failure the old file is intact and ProjectError says why."""
    data = dumps(document)

    def write(file: BinaryIO) -> None:
        file.write(data)

    try:
        write_atomically(Path(path), write)
    except OSError as error:
        raise ProjectError(
            mark("“{file}” cannot be written: {reason}."), file=str(path), reason=error.strerror or str(error)
        ) from error


def loads(data: bytes) -> Document:
    """The document in the bytes of a project file."""
    if not data.strip():
        raise ProjectError(mark("The file is empty."))
    try:
        raw = json.loads(data.decode("utf-8"), object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise ProjectError(mark("It is not a text file.")) from error
    except json.JSONDecodeError as error:
        raise ProjectError(
            mark("It is not complete JSON: line {line}, column {column}: {reason}."),
            line=error.lineno,
            column=error.colno,
            reason=error.msg,
        ) from error
    except RecursionError as error:
        raise ProjectError(mark("It is nested more than {limit} deep."), limit=DEEPEST) from error
    except ValueError as error:  # Python reads no whole numbers of more than 4300 digits
        raise ProjectError(mark("It holds a number that is too large.")) from error
    return from_json(raw)


def dumps(document: Document) -> bytes:
    """The bytes of the project file of a document."""
    return (pretty(to_json(document)) + "\n").encode("utf-8")


def to_json(document: Document) -> dict[str, Any]:
    """A document as JSON data."""
    data: dict[str, Any] = {"format": FORMAT, "version": VERSION, "root": document.root}
    if document.seed:
        data["seed"] = document.seed
    data["definitions"] = [definition_to_json(definition) for definition in document.definitions.values()]
    if document.functions:
        data["functions"] = dict(document.functions)
    return {**data, **document.extra}


def from_json(raw: Any, *, is_known: bool = False) -> Document:
    """The document in JSON data; ProjectError lists every fault with its place.

    Data that `to_json` gave (`is_known`) is no larger than what was read before.
    """
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ProjectError(mark("It is not a BlockStudio project."))
    version = raw.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ProjectError(mark("It does not say its version."))
    if version > VERSION:
        raise ProjectError(
            mark("It was written by a newer BlockStudio (format {version}; this one reads up to {known})."),
            version=version,
            known=VERSION,
        )
    if not is_known:
        _refuse_extremes(raw)
    raw = migrate(raw, version)
    known = {"format", "version", "root", "seed", "definitions", "functions"}
    try:
        definitions = converter.structure(raw.get("definitions"), list[Definition | CodeDefinition])
        document = Document(
            root=converter.structure(raw.get("root"), str),
            definitions=_by_name(definitions, "definitions"),
            functions=converter.structure(raw.get("functions", {}), dict[str, str]),
            seed=converter.structure(raw.get("seed", 0), int),
            extra={key: value for key, value in raw.items() if key not in known},
        )
    except (BaseValidationError, ValueError, TypeError, KeyError) as error:
        faults, count = _faults_of(error)
        raise ProjectError(mark("It has faults: {faults}."), faults=faults, count=count) from error
    if document.root not in document.definitions:
        raise ProjectError(mark("Its root block “{name}” is missing."), name=document.root)
    return document


def _faults_of(error: BaseException) -> tuple[str, int]:
    """The first faults of malformed data in words, each with its place, and how many there are."""
    found = [
        fault.replace(" @ $", " at ").removesuffix(" at ") for fault in transform_error(error, format_exception=_word)
    ]
    return "; ".join(found[:5]) + ("; …" if len(found) > 5 else ""), len(found)


def definition_to_json(definition: Definition | CodeDefinition) -> dict[str, Any]:
    data: dict[str, Any] = converter.unstructure(definition)
    return data


def graph_to_json(graph: Graph) -> dict[str, Any]:
    data: dict[str, Any] = converter.unstructure(graph)
    return data


# --- the converter ------------------------------------------------------------------------


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
    for cls in (Example, Port, Note, HyperParameter, Initializer, CodeDefinition, *NODE_KINDS.values()):
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
    to_dict = make_dict_unstructure_fn(cls, made, _cattrs_omit_if_default=True, **overrides)
    from_dict = make_dict_structure_fn(cls, made)
    kind = getattr(cls, "kind", None)

    def unstructure(value: Any) -> dict[str, Any]:
        data = {"kind": kind, **to_dict(value)} if kind else to_dict(value)
        return {**data, **getattr(value, "extra", {})}

    def structure(data: Any, _: type) -> Any:
        known = _mapping(data)
        if "extra" in names:
            strange = {key: known[key] for key in known if key not in names - {"extra"} and key != "kind"}
            known = {**{key: known[key] for key in known if key not in strange}, "extra": strange}
        return from_dict(known, cls)

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
    known = {"inputs", "outputs", "nodes", "edges", "notes", "routes"}
    routes = made.structure(data.get("routes", {}), dict[str, tuple[Position, ...]])
    edges = made.structure(data.get("edges", {}), dict[str, str])
    return Graph(
        inputs=made.structure(data.get("inputs", []), list[Port]),
        outputs=made.structure(data.get("outputs", []), list[Port]),
        nodes=_by_name(made.structure(data.get("nodes", []), list[Node]), "nodes"),
        edges={_endpoint(target): _endpoint(source) for target, source in edges.items()},
        notes=made.structure(data.get("notes", {}), dict[str, Note]),
        # Without its edge it would bend the next one that comes there.
        routes={_endpoint(target): points for target, points in routes.items() if target in edges},
        extra={key: value for key, value in data.items() if key not in known},
    )


def _plain_graph(made: Converter, graph: Graph) -> dict[str, Any]:
    # Sorted where order means nothing, so that an undone change leaves no trace in the file.
    edges = {":".join(target): ":".join(source) for target, source in sorted(graph.edges.items())}
    notes = {key: made.unstructure(note) for key, note in sorted(graph.notes.items())}
    routes = {":".join(target): [list(point) for point in points] for target, points in sorted(graph.routes.items())}
    data = {
        "inputs": [made.unstructure(port) for port in graph.inputs],
        "outputs": [made.unstructure(port) for port in graph.outputs],
        "nodes": [made.unstructure(node) for node in graph.nodes.values()],
        "edges": edges,
        "notes": notes,
        "routes": routes,
    }
    return {**{key: value for key, value in data.items() if value}, **graph.extra}


def _strict(primitive: type) -> Callable[[Any, Any], Any]:
    def structure(data: Any, _: Any) -> Any:
        if primitive is float and isinstance(data, int) and not isinstance(data, bool):
            return float(data)
        if not isinstance(data, primitive) or (isinstance(data, bool) and primitive is not bool):
            raise TypeError(f"{_short(data)} is not {_NAMES[primitive]}")
        return data

    return structure


_NAMES: dict[type, str] = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}


def _position(data: Any) -> tuple[float, float]:
    if (
        not isinstance(data, list | tuple)
        or len(data) != 2
        or not all(isinstance(part, int | float) and not isinstance(part, bool) for part in data)
    ):
        raise TypeError(f"{_short(data)} is not a pair of numbers")
    return (float(data[0]), float(data[1]))


def _mapping(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise TypeError(f"{_short(data)} is not an object")
    return data


def _option(data: Any) -> OptionValue:
    if data is None or isinstance(data, bool | int | float | str):
        return data
    if isinstance(data, list | tuple):
        return tuple(_option(part) for part in data)
    if isinstance(data, dict) and set(data) == {"expression"} and isinstance(data["expression"], str):
        return Expression(data["expression"])
    raise TypeError(f"{_short(data)} is not an option's value")


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
        raise ValueError(f"{_short(text)} is not an end of an edge")
    return Endpoint(node, port)


def _by_name(values: Any, what: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for value in values:
        if not value.name:  # "" is the border of a graph
            raise ValueError(f"one of the {what} has no name")
        if value.name in result:
            raise ValueError(f"two {what} are named “{_short(value.name)}”")
        result[value.name] = value
    return result


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ProjectError(mark("The name “{name}” stands twice in one place."), name=_short(twice))
    return result


def _refuse_constant(text: str) -> Any:
    return {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}[text]


def _refuse_extremes(raw: Any) -> None:
    """Stop at nesting or texts that no project has and that would make the window slow."""
    pending = [(raw, 0)]
    while pending:
        value, depth = pending.pop()
        if depth > DEEPEST:
            raise ProjectError(mark("It is nested more than {limit} deep."), limit=DEEPEST)
        if isinstance(value, str):
            if len(value) > LONGEST_TEXT:
                raise ProjectError(
                    mark("It holds a text of {length} characters; {limit} is the most."),
                    length=len(value),
                    limit=LONGEST_TEXT,
                )
            try:
                value.encode("utf-8")
            except UnicodeEncodeError as error:  # half a character: it could not be saved again
                raise ProjectError(mark("It is not a text file.")) from error
        elif isinstance(value, dict):
            pending += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list):
            pending += [(part, depth + 1) for part in value]


def _word(error: BaseException, kind: type | None) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    return str(error) or type(error).__name__


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def pretty(value: Any, indent: int = 0) -> str:
    """JSON with one line for whatever fits in it, so that a diff shows a node as a line or a few."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or (len(flat) + indent <= 120 and indent >= 2):
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        lines = [
            f"{pad}{json.dumps(key, ensure_ascii=False)}: {pretty(part, indent + 1)}" for key, part in value.items()
        ]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(pad + pretty(part, indent + 1) for part in value) + "\n" + " " * indent + "]"


_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...] = (
    (lambda kind: kind == Position, _position),
    (_is_option, _option),
    (lambda kind: kind == Mapping[str, Any], _mapping),
    (_is_options, _options),
)

converter = _make_converter()
