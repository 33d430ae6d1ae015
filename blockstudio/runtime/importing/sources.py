"""The source of a class with everything of the user's own that it needs, fit to stand alone."""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import symtable
import sys
import textwrap
import types
import typing
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from attrs import define, field

from blockstudio.compiler.code import USUAL_NAMES

LONGEST = 1500
"""Lines; what needs more is imported by its name instead."""
FUTURE = "from __future__ import annotations"


class NotStandalone(Exception):
    """Why a source cannot stand alone."""


@define
class Source:
    """Classes, functions and constants in the order they need each other, and what they import."""

    package: str
    """The package whose own code is taken in rather than imported; "" for a file."""
    imports: dict[str, None] = field(factory=dict)
    parts: dict[str, str] = field(factory=dict)
    """Source by the name it defines."""
    _meanings: dict[str, Any] = field(factory=dict)
    _pending: list[Any] = field(factory=list)

    def text(self) -> str:
        imports = "\n".join(sorted(self.imports, key=lambda line: (line != FUTURE, line)))
        return "\n\n\n".join(part for part in [imports, *self.parts.values()] if part.strip()) + "\n"

    # --- names ------------------------------------------------------------------------------------------

    def name(self, value: Any, wanted: str = "") -> str:
        """The name by which the source can use a class or function, taken in or imported."""
        wanted = wanted or getattr(value, "__name__", "")
        if not wanted.isidentifier():
            raise NotStandalone(f"{value!r} has no name")
        self._bind(wanted, value)
        return wanted

    def _bind(self, name: str, value: Any, origin: str = "") -> None:
        """Let a name mean a value; `origin` is how the file it is from imports it, if it does."""
        if name in self._meanings:
            if self._meanings[name] is not value:
                raise NotStandalone(f"{name} means two things")
            return
        self._meanings[name] = value
        if isinstance(value, types.ModuleType):
            self._import_module(name, value)
        elif isinstance(value, type | types.FunctionType) and self._is_own(value):
            self._take_in(name, value)
        elif origin and not self._is_inside(origin):
            self.imports[origin] = None
        elif not (self._import_from(name, value) or self._write(name, value)):
            raise NotStandalone(f"it uses {name}, a {type(value).__name__}")

    def _is_own(self, value: Any) -> bool:
        home = value.__module__
        top = home.split(".")[0]
        if home != "__main__" and (top == "torch" or top in sys.stdlib_module_names):
            return False
        return top == self.package if self.package else not is_installed(home)

    def _is_inside(self, line: str) -> bool:
        """Whether an import is of the package that is taken in."""
        module = line.split()[1]
        top = module.split(".")[0]
        return top == self.package if self.package else top not in sys.stdlib_module_names and not is_installed(module)

    def _import_module(self, name: str, module: types.ModuleType) -> None:
        path = module.__name__
        if USUAL_NAMES.get(name) == path:
            return
        if path == "__main__" or (not is_installed(path) and path.split(".")[0] not in sys.stdlib_module_names):
            raise NotStandalone(f"it uses the module {path}")
        parent, _, last = path.rpartition(".")
        if name == path:
            self.imports[f"import {path}"] = None
        elif parent and last == name:
            self.imports[f"from {parent} import {name}"] = None
        else:
            self.imports[f"import {path} as {name}"] = None

    def _import_from(self, name: str, value: Any) -> bool:
        own = getattr(value, "__name__", None) or getattr(value, "_name", None) or name
        for home in ("torch.nn", "torch", "typing", getattr(value, "__module__", "") or ""):
            module = sys.modules.get(home)
            if module is None or home == "__main__" or not (is_installed(home) or home == "typing"):
                continue
            if isinstance(own, str) and module.__dict__.get(own) is value:
                renamed = "" if own == name else f" as {name}"
                self.imports[f"from {home} import {own}{renamed}"] = None
                return True
        return False

    def _write(self, name: str, value: Any) -> bool:
        """A constant."""
        if isinstance(value, torch.dtype):
            text = str(value)
        else:
            text = repr(value)
            try:
                if ast.literal_eval(text) != value:
                    return False
            except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
                return False
        if len(text) > 4000:
            return False
        self.parts[name] = f"{name} = {text}"
        return True

    # --- source -------------------------------------------------------------------------------------------

    def _take_in(self, name: str, value: Any) -> None:
        text = source_of(value)
        if value.__name__ != name:
            self.name(value)
            self.parts[name] = f"{name} = {value.__name__}"
            return
        namespace = Namespace.of(value)
        annotated = _annotation_names(text)
        for used in sorted(_global_names(text)):
            found = namespace.find(used)
            if found is not _MISSING:
                if found is not value:
                    self._bind(used, found, namespace.imports.get(used, ""))
            elif not hasattr(builtins, used):
                raise NotStandalone(f"{used} is not known")
        if any(not self._is_annotation_known(used, namespace) for used in annotated):
            self.imports[FUTURE] = None
        self.parts[name] = text
        if sum(part.count("\n") + 1 for part in self.parts.values()) > LONGEST:
            raise NotStandalone("it is too long")

    def _is_annotation_known(self, name: str, namespace: Namespace) -> bool:
        if hasattr(builtins, name) or name in self._meanings:
            return True
        found = namespace.find(name)
        if found is _MISSING or (isinstance(found, type | types.FunctionType) and self._is_own(found)):
            return False
        try:
            self._bind(name, found, namespace.imports.get(name, ""))
        except NotStandalone:
            self._meanings.pop(name, None)
            return False
        return True


_MISSING = object()


@define
class Namespace:
    """Where the names in a class or function come from."""

    names: Mapping[str, Any]
    closures: Mapping[str, Any]
    imports: Mapping[str, str]
    """How its file imports each name."""

    @classmethod
    def of(cls, value: Any) -> Namespace:
        functions = [value] if isinstance(value, types.FunctionType) else list(_methods(value))
        closures: dict[str, Any] = {}
        for function in functions:
            for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
                try:
                    closures[name] = cell.cell_contents
                except ValueError:
                    continue
        home = functions[0].__globals__ if functions else vars(sys.modules.get(value.__module__, types))
        return cls(home, closures, _imports(value.__module__))

    def find(self, name: str) -> Any:
        if name in self.closures:
            return self.closures[name]
        return self.names.get(name, _MISSING)


@lru_cache(maxsize=256)
def _imports(module: str) -> Mapping[str, str]:
    """The imports at the top of a module's file, by the names they bind; relative ones left out."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError, SyntaxError, ValueError):
        return {}
    found = {}
    for part in tree.body:
        if isinstance(part, ast.Import):
            for item in part.names:
                if item.asname:
                    found[item.asname] = f"import {item.name} as {item.asname}"
        elif isinstance(part, ast.ImportFrom) and not part.level and part.module != "__future__":
            for item in part.names:
                renamed = f" as {item.asname}" if item.asname else ""
                found[item.asname or item.name] = f"from {part.module} import {item.name}{renamed}"
    return found


def _methods(kind: type) -> Iterator[types.FunctionType]:
    for value in vars(kind).values():
        value = getattr(value, "__func__", value)
        value = getattr(value, "fget", value)
        value = inspect.unwrap(value) if isinstance(value, types.FunctionType) else value
        if isinstance(value, types.FunctionType) and value.__module__ == kind.__module__:
            yield value


def source_of(value: Any) -> str:
    """The source of a class or function; NotStandalone where there is none."""
    try:
        linecache.checkcache()
        text = textwrap.dedent(inspect.getsource(value)).rstrip()
        tree = ast.parse(text)
    except (OSError, TypeError, SyntaxError, IndentationError) as error:
        raise NotStandalone(f"the source of {getattr(value, '__name__', value)} is not known") from error
    wanted = ast.ClassDef if isinstance(value, type) else ast.FunctionDef
    if not isinstance(tree.body[0], wanted) or tree.body[0].name != value.__name__:
        raise NotStandalone(f"the source of {value.__name__} is not that of a definition")
    return text


# --- names in a source --------------------------------------------------------------------------------------


class _Plain(ast.NodeTransformer):
    """Takes annotations out."""

    def visit_FunctionDef(self, part: ast.FunctionDef) -> ast.AST:
        self.generic_visit(part)
        part.returns = None
        return part

    def visit_arg(self, part: ast.arg) -> ast.AST:
        part.annotation = None
        return part

    def visit_AnnAssign(self, part: ast.AnnAssign) -> ast.AST:
        self.generic_visit(part)
        part.annotation = ast.Constant(0)
        return part


def _global_names(text: str) -> set[str]:
    """The names a source uses and does not define itself, those in annotations left out."""
    plain = ast.unparse(ast.fix_missing_locations(_Plain().visit(ast.parse(text))))
    found: set[str] = set()
    top = symtable.symtable(plain, "<source>", "exec")
    defined = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned()}
    pending = [top]
    while pending:
        table = pending.pop()
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or (table is top and not symbol.is_assigned())):
                found.add(symbol.get_name())
        pending += table.get_children()
    return found - defined - {"__class__"}


def _annotation_names(text: str) -> set[str]:
    tree = ast.parse(text)
    annotations: list[ast.AST] = []
    for part in ast.walk(tree):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and part.returns is not None:
            annotations.append(part.returns)
        elif isinstance(part, ast.arg | ast.AnnAssign) and part.annotation is not None:
            annotations.append(part.annotation)
    return {name.id for part in annotations for name in ast.walk(part) if isinstance(name, ast.Name)}


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A source with some of the names it defines changed; NotStandalone where that would change more."""
    tree = ast.parse(text)
    places: list[tuple[int, int, str]] = []
    for part in ast.walk(tree):
        if isinstance(part, ast.arg) and part.arg in names:
            raise NotStandalone(f"{part.arg} is an argument too")
        if isinstance(part, ast.Name) and part.id in names:
            places.append((part.lineno, part.col_offset, part.id))
    lines = [line.encode() for line in text.split("\n")]
    for part in tree.body:
        if isinstance(part, ast.FunctionDef | ast.ClassDef) and part.name in names:
            line = lines[part.lineno - 1]
            places.append((part.lineno, line.index(part.name.encode(), part.col_offset + 4), part.name))
    for number, column, name in sorted(places, reverse=True):
        old = lines[number - 1]
        lines[number - 1] = old[:column] + names[name].encode() + old[column + len(name.encode()) :]
    return b"\n".join(lines).decode()


def is_installed(module: str) -> bool:
    """Whether a module was installed, rather than being a file of the user's own."""
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return bool({"site-packages", "dist-packages"} & set(Path(file).parts))


def package_of(kind: type) -> str:
    """The installed package that a class belongs to; "" for one of the user's own."""
    home = kind.__module__ or ""
    return home.split(".")[0] if is_installed(home) else ""


def is_importable(kind: type) -> bool:
    """Whether a class is found by its name in another process too."""
    module = sys.modules.get(kind.__module__)
    if module is None or kind.__module__ == "__main__" or getattr(module, "__spec__", None) is None:
        return False
    return typing.cast(Any, vars(module)).get(kind.__name__) is kind
