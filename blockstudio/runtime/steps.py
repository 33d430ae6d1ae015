"""Single steps of a program, executed. Their sources come from `compiler.snippets`, as those of the generated module
do, so that what is seen here is what runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from blockstudio.compiler import ir, snippets
from blockstudio.runtime.raised import raised

GLOBALS: Mapping[str, Any] = {"torch": torch, "nn": nn, "F": F, "OrderedDict": OrderedDict}
"""What generated source may name besides its own classes."""


class _Missing:
    """An input that nothing feeds."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()

CALLEE = "__module"
"""The name of the module in the source of a call; no name of the user's starts with two lines."""


def defaults(module: ir.Module | ir.CodeModule) -> dict[str, Any]:
    """The hyper-parameters that have a default."""
    found = {}
    for argument in module.hyper_parameters:
        if not argument.default:
            continue
        try:
            found[argument.name] = evaluate(argument.default, {})
        except Exception as error:  # such as a division by zero
            raise raised(error, module.name) from error
    return found


def evaluate(source: str, names: Mapping[str, Any]) -> Any:
    """The value of checked source."""
    return eval(compiled(source, "eval"), {**GLOBALS, **names})


def perform(
    statement: ir.Compute | ir.Apply, callee: str, names: Mapping[str, Any], arguments: Mapping[str, Any]
) -> list[Any]:
    """The results of a call, taken apart as the generated module does it."""
    given = [port for port, value in arguments.items() if value is not MISSING]
    values = {**GLOBALS, **names, **{f"__in_{number}": arguments[port] for number, port in enumerate(given)}}
    exec(compiled(step_source(statement, tuple(given), callee), "exec"), values)
    return [values[f"__out_{number}"] for number in range(len(statement.outputs))]


def step_source(statement: ir.Compute | ir.Apply, given: Sequence[str], callee: str) -> str:
    """A call and what it assigns to, as source: `__out_0, _ = __module(__in_0)`."""
    source = snippets.call(statement, {port: f"__in_{number}" for number, port in enumerate(given)}, callee)
    results = {port: f"__out_{number}" for number, port in enumerate(statement.outputs)}
    return f"{snippets.targets(statement, results)} = {source}" if results else source


@lru_cache(maxsize=20_000)
def compiled(source: str, mode: str) -> CodeType:
    return compile(source, "<node>", mode)
