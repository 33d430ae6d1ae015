"""What to import by its name: "torchvision.models:resnet50", "net.py:Net"; user code runs here."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import Factory, frozen
from torch import nn

from blockstudio.errors import CodeError, mark
from blockstudio.formats.files import read_whole
from blockstudio.formats.targets import PYTHON, obvious, offers, split_target
from blockstudio.runtime.importing.notes import ImportRefused
from blockstudio.runtime.importing.sources import is_installed


@frozen(eq=False)
class Target:
    """A module that was made, the arguments that it and those in it were constructed with, and the source of
    an expression that makes it again with the import that this needs ("" where there is none)."""

    module: nn.Module
    arguments: Mapping[int, Mapping[str, Any]] = Factory(dict)
    factory: str = ""
    factory_import: str = ""


def make(target: str, kwargs: Mapping[str, Any], folder: str = "") -> Target:
    """The module that a target names, made with arguments; ImportRefused where there is none.

    Modules that are not installed are looked for in `folder`, or else in the current one.
    """
    place, name = split_target(target)
    if not place or not (name or place.endswith(PYTHON)):
        raise ImportRefused(
            mark("“{target}” names no model: write MODULE:NAME or FILE.py:NAME, as in torchvision.models:resnet50."),
            target=target,
        )
    name = name or _only_name(Path(place))
    module = _imported(place, folder or os.getcwd())
    found = _attribute(module, place, name)
    if isinstance(found, nn.Module):
        return Target(found)
    if not callable(found):
        raise ImportRefused(
            mark("“{name}” in “{place}” is a {type}, nothing that makes a model."),
            name=name,
            place=place,
            type=type(found).__name__,
        )
    with explained(mark("Making “{target}” raised {kind}: {reason}"), target=target), recorded() as constructions:
        made = found(**kwargs)
    if not isinstance(made, nn.Module):
        raise ImportRefused(
            mark("“{target}” gave a {type}, which is no torch.nn.Module."), target=target, type=type(made).__name__
        )
    arguments = {id(inner): constructions[id(inner)][1] for inner in made.modules() if id(inner) in constructions}
    written = ", ".join(f"{key}={value!r}" for key, value in kwargs.items())
    is_file = place.endswith(PYTHON)
    first = name.split(".")[0]
    return Target(
        made,
        arguments,
        "" if is_file else f"{name}({written})",
        "" if is_file else f"from {module.__name__} import {first}",
    )


def _only_name(path: Path) -> str:
    """The one model in a file of Python; ImportRefused where there are others."""
    try:
        found = offers(read_whole(path).decode("utf-8"))
    except OSError as error:
        raise ImportRefused(
            mark("“{file}” cannot be read: {reason}."), file=str(path), reason=error.strerror or str(error)
        ) from error
    except (UnicodeDecodeError, CodeError) as error:
        raise ImportRefused(mark("“{file}” is not a file of Python: {reason}"), file=str(path), reason=error) from error
    chosen = obvious(found)
    if chosen is None and found:
        raise ImportRefused(
            mark("“{file}” has several models: write {file}:NAME with one of {names}."),
            file=str(path),
            names=", ".join(offer.name for offer in found),
        )
    if chosen is None:
        raise ImportRefused(mark("There is no model in “{file}”."), file=str(path))
    return chosen.name


def _imported(place: str, folder: str) -> types.ModuleType:
    if place.endswith(PYTHON):
        return _imported_file(Path(place))
    with explained(mark("Importing “{target}” raised {kind}: {reason}"), target=place), _found_from(folder):
        return importlib.import_module(place)


def _imported_file(path: Path) -> types.ModuleType:
    if not path.is_file():
        raise ImportRefused(mark("There is no file “{file}”."), file=str(path))
    with _found_from(str(path.resolve().parent)):
        name = path.stem if path.stem not in sys.modules else f"{path.stem}_imported"
        spec = importlib.util.spec_from_file_location(name, path.resolve())
        if spec is None or spec.loader is None:
            raise ImportRefused(mark("“{file}” is not a file of Python."), file=str(path))
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # where `inspect` looks for the source of its classes
        try:
            with explained(mark("Importing “{target}” raised {kind}: {reason}"), target=str(path)):
                spec.loader.exec_module(module)
        except BaseException:
            sys.modules.pop(name, None)
            raise
    return module


def _attribute(module: types.ModuleType, place: str, name: str) -> Any:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise ImportRefused(mark("There is no “{name}” in “{place}”."), name=name, place=place)
        found = getattr(found, part)
    return found


_BROUGHT: set[str] = set()
"""Modules of the user's own that earlier imports brought in."""


@contextmanager
def _found_from(folder: str) -> Iterator[None]:
    """Let modules be imported from a folder, those of the user's own as their files are now."""
    for name in _BROUGHT:
        sys.modules.pop(name, None)
    _BROUGHT.clear()
    importlib.invalidate_caches()
    before, known = list(sys.path), set(sys.modules)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path[:] = before
        _BROUGHT.update(name for name in set(sys.modules) - known if _is_in(name, folder))


def _is_in(name: str, folder: str) -> bool:
    """Whether a module is of a file in a folder that is not of an installed package."""
    file = getattr(sys.modules.get(name), "__file__", None)
    return isinstance(file, str) and Path(file).is_relative_to(folder) and not is_installed(name)


@contextmanager
def explained(template: str, **facts: Any) -> Iterator[None]:
    """Turn whatever user code raises into an ImportRefused; a request to stop is passed on."""
    try:
        yield
    except (KeyboardInterrupt, ImportRefused):
        raise
    except SystemExit as error:
        raise ImportRefused(template, kind="SystemExit", reason=f"exit status {error.code}", **facts) from error
    except BaseException as error:
        reason = " ".join(str(error).split())
        raise ImportRefused(template, kind=type(error).__name__, reason=reason[:300], **facts) from error


@contextmanager
def recorded() -> Iterator[dict[int, tuple[nn.Module, dict[str, Any]]]]:
    """The arguments that modules are constructed with while this lasts, by the modules' ids."""
    found: dict[int, tuple[nn.Module, dict[str, Any]]] = {}

    def see(frame: types.FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event != "call" or code.co_name != "__init__" or not code.co_argcount:
            return
        owner = frame.f_locals.get(code.co_varnames[0])
        if not isinstance(owner, nn.Module) or (id(owner) in found and found[id(owner)][0] is owner):
            return
        if getattr(type(owner).__init__, "__code__", None) is code:
            names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
            found[id(owner)] = (owner, {name: frame.f_locals[name] for name in names if name in frame.f_locals})

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        yield found
    finally:
        sys.setprofile(before)
