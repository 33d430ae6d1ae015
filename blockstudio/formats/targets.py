"""What can be imported, and what it is made with, written as text; nothing is run here."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from blockstudio.errors import CodeError, mark
from blockstudio.graph.expressions import DTYPES
from blockstudio.graph.model import Example

PROGRAM = ".pt2"
"""Suffix of what torch.export saves."""
PYTHON = ".py"


@frozen
class Offer:
    """Something at the top of a file of Python that may be, or make, a model."""

    name: str
    kind: str
    """"class", "function" or "value"."""
    arguments: str = ""
    """As they are written: "channels, depth=3"."""
    main: bool = False
    """A class that no other class of the file uses."""


def offers(source: str) -> tuple[Offer, ...]:
    """The models in a file of Python, the likeliest first; CodeError where it is none."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CodeError(
            mark("Line {line}: {reason}"), line=getattr(error, "lineno", None) or 1, reason=getattr(error, "msg", "")
        ) from None
    classes = {part.name: part for part in tree.body if isinstance(part, ast.ClassDef)}
    modules = {name: part for name, part in classes.items() if _is_module(part, classes)}
    used = {name for part in modules.values() for name in _names(part) if name != part.name}
    found = [
        *(Offer(name, "class", _arguments(part), name not in used) for name, part in modules.items()),
        *(Offer(part.name, "function", _signature(part.args)) for part in _functions(tree)),
        *(Offer(name, "value") for name in _values(tree, modules)),
    ]
    return tuple(sorted(found, key=lambda offer: (not offer.main, ("class", "value", "function").index(offer.kind))))


def obvious(found: Sequence[Offer]) -> Offer | None:
    """The one offer that is meant where none is named: the only one, or the only class that no other uses."""
    main = [offer for offer in found if offer.main]
    return main[0] if len(main) == 1 else found[0] if len(found) == 1 else None


def _is_module(part: ast.ClassDef, classes: dict[str, ast.ClassDef], depth: int = 0) -> bool:
    """Whether a class is one of modules, as far as the file says."""
    for base in part.bases:
        name = ast.unparse(base)
        own = classes.get(name)
        if own is not None and own is not part and depth < 100 and _is_module(own, classes, depth + 1):
            return True
        if name.rpartition(".")[2] in ("Module", "Sequential", "ModuleList") or name.startswith(("nn.", "torch.nn.")):
            return True
    return any(isinstance(item, ast.FunctionDef) and item.name == "forward" for item in part.body) and bool(part.bases)


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for part in tree.body:
        if isinstance(part, ast.FunctionDef) and not part.name.startswith("_") and part.name != "main":
            yield part


def _values(tree: ast.Module, modules: dict[str, ast.ClassDef]) -> Iterator[str]:
    """Names at the top that a call gives a model."""
    for part in tree.body:
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call):
            made = ast.unparse(part.value.func)
            if made in modules or made.startswith(("nn.", "torch.nn.")):
                yield from (target.id for target in part.targets if isinstance(target, ast.Name))


def _names(part: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}


def _arguments(part: ast.ClassDef) -> str:
    for item in part.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return _signature(item.args, skip=1)
    return ""


def _signature(arguments: ast.arguments, skip: int = 0) -> str:
    """Arguments without their annotations."""
    plain = ast.parse(f"def f({ast.unparse(arguments)}): ...").body[0]
    assert isinstance(plain, ast.FunctionDef)
    for argument in ast.walk(plain.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    positional = plain.args.posonlyargs or plain.args.args
    del positional[:skip]
    return ast.unparse(plain.args)


# --- what is typed ------------------------------------------------------------------------------------------


def split_target(target: str) -> tuple[str, str]:
    """The file or module that a target names, and the name in it; "" where it names none."""
    if Path(target).suffix.lower() in (PROGRAM, PYTHON):
        return target, ""
    place, _, name = target.rpartition(":")
    return place, name


def parse_arguments(text: str) -> dict[str, Any]:
    """The arguments in JSON, {"channels": 3}, or as a call has them, channels=3; CodeError for anything else."""
    text = text.strip()
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except ValueError as error:
            raise CodeError(mark("The arguments are not JSON: {reason}."), reason=str(error)) from None
        if all(key.isidentifier() for key in found):
            return dict(found)
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and not call.args
            and all(keyword.arg for keyword in call.keywords)
        ):
            return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        pass
    raise CodeError(mark("Write arguments with their names and plain values, as in channels=3, layers=[2, 2]."))


def parse_input(text: str) -> tuple[int, ...] | Example:
    """The shape of an input, "2, 3, 224, 224", with a type of zeros, "2, 16: int64"; CodeError for anything else."""
    shape, colon, dtype = text.partition(":")
    parts = [part.strip() for part in shape.strip(" ()").replace("×", ",").replace("x", ",").split(",")]
    sizes = [part for part in parts if part]
    dtype = dtype.strip()
    if not all(size.isascii() and size.isdigit() for size in sizes) or (colon and dtype not in DTYPES):
        raise CodeError(mark("“{text}” is no shape: write 2, 3, 224, 224 or 2, 16: int64."), text=text.strip())
    found = tuple(map(int, sizes))
    return Example(found, dtype, "zeros") if dtype else found


def parse_inputs(text: str) -> list[tuple[int, ...] | Example]:
    """Shapes parted by semicolons."""
    return [parse_input(part) for part in text.split(";")] if text.strip() else []
