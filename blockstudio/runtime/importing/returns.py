"""Names for what a forward returns."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

from torch import fx, nn

from blockstudio.runtime.importing.tracing import Trace


def output_names(module: nn.Module, trace: Trace) -> Iterator[str]:
    """Names for the values that a forward returns: keys of a dict, names of variables, or numbers."""
    paths = [path for path, leaf in zip(trace.paths, trace.leaves, strict=True) if isinstance(leaf, fx.Node)]
    if len(paths) == 1 and not paths[0]:
        return iter(["output"])
    names = []
    for path in paths:
        keys = [str(getattr(key, "key", getattr(key, "name", getattr(key, "idx", "")))) for key in path]
        plain = "_".join(keys)
        names.append(plain if not plain[:1].isdigit() else f"output_{plain}")
    if all(name.startswith("output_") for name in names):
        written = _returned_names(module)
        if len(written) == len(trace.leaves):
            kept = [name for name, leaf in zip(written, trace.leaves, strict=True) if isinstance(leaf, fx.Node)]
            if all(kept) and len(set(kept)) == len(kept):
                return iter(kept)
    return iter(names)


def _returned_names(module: nn.Module) -> list[str]:
    """The variables in the last `return` of a forward, "" for what is none."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(type(module).forward)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return []
    returns = [part for part in ast.walk(tree) if isinstance(part, ast.Return) and isinstance(part.value, ast.Tuple)]
    if not returns:
        return []
    pending: list[ast.expr] = [returns[-1].value] if returns[-1].value else []
    names = []
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Tuple | ast.List):
            pending += reversed(part.elts)
        else:
            names.append(part.id if isinstance(part, ast.Name) else "")
    return names
