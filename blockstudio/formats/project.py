"""Project files: `NAME.blocks`, JSON that says "format" and "version", with readable diffs.

Reading never executes anything. Keys and node kinds that this version does not know are kept
and written back.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

from cattrs import BaseValidationError
from cattrs.v import transform_error

from blockstudio.errors import ProjectError, mark
from blockstudio.formats.conversion import by_name, converter, short
from blockstudio.formats.files import read_whole, write_atomically
from blockstudio.formats.migrations import VERSION, migrate
from blockstudio.graph.document import Document
from blockstudio.graph.model import CodeDefinition, Definition

FORMAT = "blockstudio"
LONGEST_TEXT = 1_000_000
DEEPEST = 150


def load(path: str | Path) -> Document:
    """The document in a project file; ProjectError on any file that is not one."""
    try:
        data = read_whole(Path(path))
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
            definitions=by_name(definitions, "definitions"),
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


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ProjectError(mark("The name “{name}” stands twice in one place."), name=short(twice))
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
