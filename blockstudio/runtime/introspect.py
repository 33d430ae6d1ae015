"""Writes the catalog's torch_nn.json from torch itself, with the corrections of the overrides.

Run as `python -m blockstudio.runtime.introspect` after a change to the overrides or of torch's version.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from attrs import evolve
from torch import nn

from blockstudio.catalog import render
from blockstudio.catalog.catalog import GENERATED, encode
from blockstudio.catalog.spec import Entry, InitializerSpec, OptionSpec, PortSpec
from blockstudio.runtime.docstrings import argument_docs, summary
from blockstudio.runtime.signatures import Argument, constructor_options, inspected, read_signature

CATALOG = Path(render.__file__).parent
DOCS = "https://docs.pytorch.org/docs/stable"

Notes = Mapping[str, Any]
"""What the overrides say of one entry."""


def generate() -> str:
    """The text of torch_nn.json."""
    tables = _read("overrides.toml")
    functions = _read("functions.toml")
    entries = [
        *(_layer(name, category, notes, tables) for category, name, notes in _items(tables["layers"])),
        *(_function(name, category, notes, tables) for category, name, notes in _items(functions)),
    ]
    initializers = [_initializer(name, notes) for name, notes in tables["initializers"].items()]
    return "\n".join(
        [
            "{",
            f'"torch": {json.dumps(torch.__version__.partition("+")[0])},',
            f'"excluded": {json.dumps(tables["excluded"], indent=1)},',
            f'"initializers": {_lines(map(encode, initializers))},',
            f'"entries": {_lines(map(encode, entries))}',
            "}\n",
        ]
    )


def modules() -> dict[str, type[nn.Module]]:
    """Every Module class of torch.nn, by full name."""
    classes = {
        name: value for name, value in vars(nn).items() if isinstance(value, type) and issubclass(value, nn.Module)
    }
    return {f"torch.nn.{name}": classes[name] for name in sorted(classes)}


def functionals() -> dict[str, Callable[..., Any]]:
    """Every public function of torch.nn.functional that does not work in place, by full name."""
    return {
        f"torch.nn.functional.{name}": value
        for name, value in sorted(vars(nn.functional).items())
        if callable(value)
        and not isinstance(value, type)
        and not name.startswith("_")
        and not name.endswith("_")
        # `from typing import ...` and the like: what only passes through is not a function of it.
        and getattr(value, "__module__", None) not in ("typing", "torch._jit_internal", "importlib")
        and not name.endswith("_with_indices")
    }


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((CATALOG / name).read_text(encoding="utf-8"))


def _items(tables: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, Notes]]:
    for category, items in tables.items():
        for name, notes in items.items():
            yield category, name, {"words": notes} if isinstance(notes, str) else notes


def _lines(items: Iterable[Any]) -> str:
    """A JSON list with one item a line, so that differences read well."""
    return "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]"


def _layer(name: str, category: str, notes: Notes, tables: Notes) -> Entry:
    kind: type[nn.Module] = getattr(nn, name)
    base: type[nn.Module] = getattr(nn, notes.get("base", name))
    skipped = {*tables["skipped"], *notes.get("without", "").split()}
    docs = {**argument_docs(base), **argument_docs(kind)}

    arguments = read_signature(notes["options"]) if "options" in notes else inspected(base.__init__)
    if name.startswith("Lazy"):
        arguments = [_like_layer(argument, getattr(nn, name.removeprefix("Lazy"))) for argument in arguments]
    arguments += read_signature(notes.get("add", ""))
    made = [option for option in constructor_options(arguments) if option.name not in skipped]
    given = read_signature(notes["inputs"]) if "inputs" in notes else inspected(kind.forward)
    passed = [evolve(option, forward=True) for option in given if isinstance(option, OptionSpec)]
    entry = Entry(
        type=f"torch.nn.{name}",
        kind="layer",
        label=name,
        category=category,
        doc=notes.get("doc") or summary(kind),
        inputs=_ports(given, notes, docs),
        outputs=_outputs(notes, docs),
        options=_options([*made, *passed], notes, tables, docs),
        constructor=notes.get("constructor", f"nn.{name}(...)"),
        call=notes.get("call", "{self}" + _arguments(given)),
        result=notes.get("result", ""),
        synonyms=tuple(notes["words"].split()),
        url=f"{DOCS}/generated/torch.nn.{name}.html",
        hidden=notes.get("hidden", False),
    )
    with torch.device("meta"):
        module = eval(render.constructor(entry, entry.fresh_options()), {"nn": nn, "torch": torch})
    return evolve(
        entry,
        parameters=tuple(parameter for parameter, _ in module.named_parameters()),
        buffers=tuple(buffer for buffer, _ in module.named_buffers()),
    )


def _function(name: str, category: str, notes: Notes, tables: Notes) -> Entry:
    type = name.replace("F.", "torch.nn.functional.", 1) if name.startswith("F.") else name
    type = type.replace("Tensor.", "torch.Tensor.", 1) if type.startswith("Tensor.") else type
    function = None if type.startswith("operator.") or "." not in type else _resolve(type)
    layer = _layer_of(name)
    docs = {**(argument_docs(layer) if layer else {}), **(argument_docs(function) if function else {})}

    if "sig" in notes:
        arguments = read_signature(notes["sig"])
    else:
        arguments = [
            _like_layer(argument, layer)
            for argument in inspected(_dispatched(type))
            if argument.name not in {*tables["skipped"], "_stacklevel", "out", *notes.get("without", "").split()}
        ]
    options = [argument for argument in arguments if isinstance(argument, OptionSpec)]
    return Entry(
        type=type,
        kind="function",
        label=notes.get("label", name.rpartition(".")[2]),
        category=category,
        doc=notes.get("doc") or _first_lines(function),
        inputs=_ports(arguments, notes, docs),
        outputs=_outputs(notes, docs),
        options=_options(options, notes, tables, docs),
        call=notes.get("call") or _call(name, arguments, notes),
        result=notes.get("result", ""),
        synonyms=tuple(notes["words"].split()),
        url=_url(notes.get("url", type)),
        hidden=notes.get("hidden", False),
    )


def _initializer(name: str, notes: Notes) -> InitializerSpec:
    function = getattr(nn.init, name)
    docs = argument_docs(function)
    options = [
        option for option in inspected(function) if isinstance(option, OptionSpec) and option.name != "generator"
    ]
    least, *most = notes.get("ranks", [0])
    return InitializerSpec(
        type=f"torch.nn.init.{name}",
        label=name,
        doc=summary(function),
        options=tuple(_option(option, notes, {}, docs) for option in options),
        minimum_rank=least,
        maximum_rank=most[0] if most else None,
        distribution=notes.get("distribution", ""),
        synonyms=tuple(notes["words"].split()),
        url=f"{DOCS}/nn.init.html#torch.nn.init.{name}",
    )


def _ports(arguments: Iterable[Argument], notes: Notes, docs: Mapping[str, str]) -> tuple[PortSpec, ...]:
    dtypes = notes.get("dtypes", {})
    return tuple(
        evolve(port, doc=docs.get(port.name, ""), dtype=dtypes.get(port.name, ""))
        for port in arguments
        if isinstance(port, PortSpec)
    )


def _outputs(notes: Notes, docs: Mapping[str, str]) -> tuple[PortSpec, ...]:
    ports = []
    for text in notes.get("outputs", notes.get("out", "output")).split(","):
        name, _, when = text.strip().partition("?")
        name, _, count = name.partition(":")
        plain = name.lstrip("*")
        ports.append(PortSpec(plain, docs.get(plain, ""), variadic=name != plain, count=count, when=when))
    return tuple(ports)


def _options(
    options: Iterable[OptionSpec], notes: Notes, tables: Notes, docs: Mapping[str, str]
) -> tuple[OptionSpec, ...]:
    """The options, those that the number of outputs hangs on marked."""
    outputs = _outputs(notes, {})
    counts = {port.count for port in outputs}
    # Where the result has a template, it is taken apart the same way with and without the output.
    switches = set() if "result" in notes else {port.when for port in outputs}
    known = (_option(option, notes, tables, docs) for option in options)
    return tuple(
        evolve(option, literal=option.name in counts or (option.type == "bool" and option.name in switches))
        for option in known
    )


def _option(option: OptionSpec, notes: Notes, tables: Notes, docs: Mapping[str, str]) -> OptionSpec:
    """The option with what the overrides know of it."""
    name = option.name

    def known(table: str) -> Any:
        own = notes.get(table, {}).get(name)
        return tables.get(table, {}).get(name) if own is None and (table != "suggested" or option.required) else own

    if name == "dtype":
        option = evolve(option, type="dtype")
    changes: dict[str, Any] = {"doc": notes.get("docs", {}).get(name) or docs.get(name) or known("docs") or ""}
    suggested = known("suggested")
    if suggested is not None:
        changes["suggested"] = tuple(suggested) if isinstance(suggested, list) else suggested
    choices = known("choices")
    if choices and not option.choices:
        changes["choices"] = tuple(choices)
        if option.type == "str":
            changes["type"] = "choice"
    for bound in ("minimum", "maximum"):
        if getattr(option, bound) is None and option.type in ("int", "float", "int|tuple", "float|tuple"):
            changes[bound] = known(bound)
    if option.type == "choice" and option.required and suggested is None:
        changes["suggested"] = option.choices[0]
    wanted = option.required or name in notes.get("positional", "").split()
    changes["positional"] = wanted and not option.forward and name not in notes.get("keyword", "").split()
    changes["fits"] = notes.get("fits", {}).get(name, "")
    changes["sources"] = notes.get("sources", {}).get(name, {})
    if name == "training" and option.nullable:
        changes |= {"sources": {"None": "self.training"}, "doc": "Whether it is in training; None asks the module."}
    changes["advanced"] = name in ("dtype", "inplace") or option.forward
    return evolve(option, **changes)


def _arguments(arguments: Iterable[Argument]) -> str:
    """The argument list of a layer's call: the inputs there must be, then the rest."""
    return _list(arguments, "")


def _call(name: str, arguments: list[Argument], notes: Notes) -> str:
    head, rest = name, list(arguments)
    if notes.get("method") or name.startswith("Tensor."):
        head, rest = f"{{{rest[0].name}}}.{name.rpartition('.')[2]}", rest[1:]
    return head + _list(rest, notes.get("keyword", ""))


def _list(arguments: Iterable[Argument], keyword: str) -> str:
    """Everything that must be given up to the first that need not; `...` for what is behind it."""
    written: list[str] = []
    for argument in arguments:
        if any(f"{{{argument.name}}}" in text for text in written):
            continue  # an option that may be wired instead comes twice
        if argument.optional if isinstance(argument, PortSpec) else not argument.required:
            written.append("...")
            break
        named = argument.name in keyword.split()
        written.append(f"{argument.name}={{{argument.name}}}" if named else f"{{{argument.name}}}")
    return f"({', '.join(written)})"


def _url(name: str) -> str:
    return name if not name or name.startswith("https:") else f"{DOCS}/generated/{name}.html"


def _first_lines(function: Any) -> str:
    """The summary of a function, or of the one it says it is an alias for."""
    text = summary(function)
    alias = re.fullmatch(r"Alias for torch\.special\.(\w+)\.", text)
    return summary(getattr(torch.special, alias[1])) if alias else text


def _resolve(type: str) -> Any:
    found: Any = torch
    for part in type.split(".")[1:]:
        found = getattr(found, part)
    return found


def _dispatched(type: str) -> Callable[..., Any]:
    """The function of a full name; of the pools that may give indices, the one with the whole signature."""
    found: Callable[..., Any] = _resolve(type)
    return getattr(nn.functional, f"{type.rpartition('.')[2]}_with_indices", found)


def _layer_of(name: str) -> type[nn.Module] | None:
    """The layer that a function of torch.nn.functional is the inside of."""
    if not name.startswith("F."):
        return None
    plain = name[2:].replace("_", "")
    spelled = {"binarycrossentropy": "bceloss", "binarycrossentropywithlogits": "bcewithlogitsloss", "pad": ""}
    wanted = {spelled.get(plain, plain), f"{plain}loss"}
    return next((kind for kind in modules().values() if kind.__name__.lower() in wanted), None)


def _like_layer(argument: Argument, layer: type[nn.Module] | None) -> Argument:
    """The argument with the layer's type where the function's own annotation says less."""
    if layer is None or not isinstance(argument, OptionSpec):
        return argument
    for other in constructor_options(inspected(layer.__init__)):
        if other.name == argument.name and other.type.endswith("|tuple"):
            return evolve(argument, type=other.type, length=other.length, nullable=other.nullable)
    return argument


def main() -> None:
    """Write the file beside the catalog's modules."""
    target = CATALOG / GENERATED
    target.write_text(generate(), encoding="utf-8")
    print(target, file=sys.stderr)


if __name__ == "__main__":
    main()
