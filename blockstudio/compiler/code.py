"""Python of the user's own, taken apart so that it fits into the generated file: imports go to the top."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator, Mapping

from attrs import Factory, frozen

USUAL_IMPORTS: Mapping[str, str] = {
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "nn": "from torch import nn",
    "OrderedDict": "from collections import OrderedDict",
}
"""How the generated file imports what it uses."""

USUAL_NAMES: Mapping[str, str] = {
    "torch": "torch",
    "F": "torch.nn.functional",
    "nn": "torch.nn",
    "OrderedDict": "collections.OrderedDict",
}
"""What these names mean in it."""


@frozen
class Bound:
    """The names a source binds at its top: those it defines, and those it imports with what they mean."""

    defined: tuple[str, ...] = ()
    imported: Mapping[str, str] = Factory(dict)


def bound_names(source: str) -> Bound:
    """What a source binds; nothing where it is not Python."""
    tree = _tree(source)
    if tree is None:
        return Bound()
    defined: dict[str, None] = {}
    imported: dict[str, str] = {}
    for part in tree.body:
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined[part.name] = None
        elif isinstance(part, ast.Import | ast.ImportFrom):
            for line in _import_lines(part):
                name, meaning = _meaning(line)
                if name != "*":
                    imported[name] = meaning
        else:
            for target in ast.walk(part):
                if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store):
                    defined[target.id] = None
    return Bound(tuple(defined), imported)


def split_imports(source: str) -> tuple[list[str], str]:
    """The imports at the top of a source, one name a line, and the rest of it as it was written."""
    tree = _tree(source)
    if tree is None:
        return [], source
    imports: list[str] = []
    # Columns of the tree count bytes.
    encoded = [line + b"\n" for line in source.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8").split(b"\n")]
    for part in reversed(tree.body):
        if not isinstance(part, ast.Import | ast.ImportFrom):
            continue
        imports += _import_lines(part)
        first, last = part.lineno - 1, (part.end_lineno or part.lineno) - 1
        before = encoded[first][: part.col_offset]
        after = encoded[last][part.end_col_offset :].lstrip(b" \t;")
        kept = before + after if after.strip() else before.rstrip() + b"\n"
        encoded[first : last + 1] = [kept] if kept.strip() else []
    return imports, b"".join(encoded).decode("utf-8").strip("\n").rstrip()


def sorted_imports(lines: set[str]) -> list[str]:
    """The import section of a file as import sorters write it, groups parted by empty lines."""
    future = sorted(line for line in lines if line.startswith("from __future__ "))
    torch = [line for line in lines if line.split()[1].split(".")[0] == "torch"]
    other = lines - set(torch) - set(future)
    standard = [line for line in other if _is_standard(line)]
    groups = [future, standard, [*torch, *(line for line in other if line not in standard)]]
    result: list[str] = []
    for group in groups:
        if group:
            result += [*([""] if result else []), *_merged(group)]
    return result


def _merged(lines: list[str]) -> Iterator[str]:
    """Imports of modules, then imports from modules, those of one module in a line."""
    yield from sorted((line for line in lines if line.startswith("import ")), key=_sort_key)
    names: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("from "):
            module, _, name = line[5:].partition(" import ")
            names.setdefault(module, []).append(name)
    for module in sorted(names, key=str.lower):
        listed = ", ".join(sorted(names[module], key=_constants_first))
        yield f"from {module} import {listed}"


def _sort_key(line: str) -> str:
    return line.split()[1].lower()


def _constants_first(name: str) -> tuple[int, str, str]:
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower(), name


def _is_standard(line: str) -> bool:
    return line.split()[1].split(".")[0] in sys.stdlib_module_names


def _import_lines(part: ast.Import | ast.ImportFrom) -> list[str]:
    """An import statement as one line for each name."""
    lines = []
    for item in part.names:
        renamed = f" as {item.asname}" if item.asname and item.asname != item.name else ""
        if isinstance(part, ast.Import):
            lines.append(f"import {item.name}{renamed}")
        else:
            lines.append(f"from {'.' * part.level}{part.module or ''} import {item.name}{renamed}")
    return [_USUAL_FORM.get(line, line) for line in lines]


_USUAL_FORM = {
    "from torch.nn import functional as F": USUAL_IMPORTS["F"],
    "import torch.nn as nn": USUAL_IMPORTS["nn"],
}


def _meaning(line: str) -> tuple[str, str]:
    """The name an import line binds, and the full name of what it stands for."""
    path, _, alias = line.partition(" as ")
    words = path.split()
    if words[0] == "import":
        return (alias, words[1]) if alias else (words[1].split(".")[0],) * 2
    return alias or words[3], f"{words[1]}.{words[3]}"


def _tree(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an odd escape in a string; running the code will say so
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
