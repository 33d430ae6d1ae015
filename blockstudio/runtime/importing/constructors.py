"""The arguments that modules were constructed with, as far as they can be told."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice, product
from typing import Any

import torch
from torch import nn

from blockstudio.runtime.importing.fingerprints import Fingerprints, attributes
from blockstudio.runtime.importing.quiet import Uninitialised, undisturbed

MOST_TRIALS = 200
LONGEST = 3.0
"""Modules that are made, and seconds that are spent, to find out how one was made."""


def parameters_of(kind: type) -> Mapping[str, inspect.Parameter]:
    """The arguments of a class's constructor, those without names left out."""
    try:
        found = list(inspect.signature(kind.__init__).parameters.values())[1:]  # type: ignore[misc]  # of this very class
    except (TypeError, ValueError):
        return {}
    return {p.name: p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def known_arguments(module: nn.Module, recorded: Mapping[int, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The arguments that were recorded, else attributes of the same names."""
    parameters = parameters_of(type(module))
    found = recorded.get(id(module))
    if found is not None:
        return {name: found[name] for name in parameters if name in found}
    return {name: module.__dict__[name] for name in parameters if name in module.__dict__}


def making_arguments(module: nn.Module, recorded: Mapping[int, Mapping[str, Any]]) -> tuple[Mapping[str, Any], str]:
    """Arguments that make a module just like this one; where there are none, why."""
    known = dict(known_arguments(module, recorded))
    unknown = [name for name in parameters_of(type(module)) if name not in known]
    trials = _trials(module, known, unknown)
    reason = _misfit(module, next(trials, known), real=True)
    if not reason:
        return next(_trials(module, known, unknown), known), ""
    if id(module) in recorded:
        return {}, reason
    started = time.monotonic()
    for given in islice(trials, MOST_TRIALS):
        if time.monotonic() - started > LONGEST:
            break
        if not _misfit(module, given, real=False) and not _misfit(module, given, real=True):
            return given, ""
    return {}, reason


def _misfit(module: nn.Module, given: Mapping[str, Any], *, real: bool) -> str:
    """Why arguments do not make a module like this one; "" where they do. Unless `real`, what is made has no memory
    and its values do not count."""
    with ExitStack() as stack:
        stack.enter_context(undisturbed())
        if not real:
            stack.enter_context(torch.device("meta"))
            stack.enter_context(Uninitialised())
        try:
            made = type(module)(**given)
        except (Exception, SystemExit) as error:
            return f"making another one raised {type(error).__name__}: {' '.join(str(error).split())[:200]}"
        prints = Fingerprints(loose=True, values=real)
        return "" if prints.of(made) == prints.of(module) else "making another one gives a different one"


def _trials(module: nn.Module, known: Mapping[str, Any], unknown: list[str]) -> Iterator[dict[str, Any]]:
    """Arguments to try: the known ones first, then sizes and numbers found in the module for the others."""
    parameters = parameters_of(type(module))
    required = [name for name in unknown if parameters[name].default is inspect.Parameter.empty]
    numbers = list(_numbers(module))
    if not numbers:
        yield dict(known)
        return
    for values in product(numbers, repeat=len(required)):
        yield {**known, **dict(zip(required, values, strict=True))}
    optional = [name for name in unknown if name not in required]
    if len(required) <= 1:
        for name in optional:
            for values in product(numbers, repeat=len(required)):
                for value in (None, True, False, *numbers):
                    yield {**known, **dict(zip(required, values, strict=True)), name: value}


def _numbers(module: nn.Module) -> Iterator[Any]:
    """Whole numbers in a module that an argument may have been, likely ones first."""
    found: dict[int, None] = {}
    for inner in module.modules():
        for name in ("in_features", "in_channels", "num_features", "out_features", "out_channels", "embed_dim"):
            value = getattr(inner, name, None)
            if type(value) is int:
                found[value] = None
    for parameter in module.parameters():
        found |= dict.fromkeys(parameter.shape)
    for value in attributes(module).values():
        if type(value) is int:
            found[value] = None
    yield from list(found)[:12]
