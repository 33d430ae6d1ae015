"""The generated source, executed: models, and the nodes that exceptions in them come from."""

from __future__ import annotations

import linecache
import types
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import torch
from attrs import define
from torch import nn

from blockstudio.compiler import Compiled, compile_document
from blockstudio.errors import BlockStudioError, CompileError, RunError, mark, worded
from blockstudio.graph.document import Document, Location
from blockstudio.runtime.placement import placeable
from blockstudio.runtime.raised import raised

_NUMBERS = count(1)
_COMPILED = "__compiled__"
"""The name in the globals of generated code under which what it was compiled from is found."""


def build(document: Document, seed: int | None = None, **hyper_parameters: Any) -> nn.Module:
    """A model of the document's main block, initialised as the document says.

    With the same seed (None: the document's own) it has the weights that the source would give after
    `torch.manual_seed(seed)`; torch's own random numbers go on as if nothing had happened. CompileError
    if the document has errors, RunError if building raises; custom code in the document is executed.
    Nodes placed on devices that are not here go to the model's own, with a warning.
    """
    document, missing = placeable(document)
    for problem in missing:
        warnings.warn(f"{problem.path}: {worded(problem.template, problem.facts)}", stacklevel=2)
    return build_compiled(compile_document(document), document.seed if seed is None else seed, **hyper_parameters)


def build_compiled(compiled: Compiled, seed: int, **hyper_parameters: Any) -> nn.Module:
    """A model of what was compiled."""
    module = compiled.program.modules[compiled.root]
    for argument in module.hyper_parameters:
        if not argument.default and argument.name not in hyper_parameters:
            raise CompileError(
                mark("“{name}” has no default, so the block cannot be built without a value for it."),
                path=compiled.root,
                name=argument.name,
            )
    # Building on GPUs moves their generators too; asking for those of GPUs in no use yet would start them.
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(devices=gpus), explained():
        plant(seed)
        return model_class(compiled)(**hyper_parameters)


def plant(seed: int) -> None:
    """As `torch.manual_seed`; RunError for a number it does not take."""
    try:
        torch.manual_seed(seed)
    except (ValueError, RuntimeError, OverflowError) as error:
        raise RunError(mark("{seed} is too large for a seed."), seed=seed) from error


def model_class(compiled: Compiled) -> type[nn.Module]:
    """The class of the main block; whatever executing the source raises, if it has custom code."""
    filename = f"<{compiled.root} {next(_NUMBERS)}>"
    code = compile(compiled.source, filename, "exec", dont_inherit=True)
    lines = [f"{line}\n" for line in compiled.source.split("\n")]
    linecache.cache[filename] = (len(compiled.source), None, lines, filename)  # for tracebacks
    namespace: dict[str, Any] = {"__name__": f"blockstudio.models.{compiled.root}", _COMPILED: compiled}
    exec(code, namespace)
    found: type[nn.Module] = namespace[compiled.root]
    weakref.finalize(found, linecache.cache.pop, filename, None)
    return found


def relate(model: nn.Module, compiled: Compiled) -> None:
    """Let exceptions in a model name the nodes of another document that compiles to the same source."""
    namespace = type(model).forward.__globals__
    if _COMPILED in namespace:
        namespace[_COMPILED] = compiled


@contextmanager
def explained() -> Iterator[None]:
    """Turn an exception that comes from generated code into a RunError that names its node."""
    try:
        yield
    except BlockStudioError:
        raise
    except (Exception, SystemExit) as error:  # a block that calls `exit` ends itself, not the program
        found = explain(error)
        if found is None:
            raise
        raise found from error


def explain(error: BaseException) -> RunError | None:
    """What an exception says, with the node it comes from; None where it is not from generated code.

    `path` is the node in its definition ("MLP/hidden"); the fact `instance` is the way to it from the
    model ("Net/block1/hidden"), where the model is built already.
    """
    trail = _Trail()
    for frame, instruction in _frames(error):
        trail.follow(frame, instruction)
    if trail.compiled is None:
        return None
    path = trail.place.path(trail.node) if trail.place else trail.compiled.root
    return raised(error, path, instance=trail.instance)


@define
class _Trail:
    """The way of an exception through generated code, from the model inwards."""

    compiled: Compiled | None = None
    model: nn.Module | None = None
    place: Location | None = None
    node: str = ""
    instance: str = ""

    def follow(self, frame: types.FrameType, instruction: int) -> None:
        if frame.f_code is nn.Sequential.forward.__code__:
            self._enter_child(frame.f_locals.get("module"))
            return
        compiled = frame.f_globals.get(_COMPILED)
        if not isinstance(compiled, Compiled):
            return
        self.compiled = compiled
        owner = frame.f_locals.get("self")
        if frame.f_code.co_name == "forward" and self.model is None and type(owner).__name__ == compiled.root:
            self.model = owner
        found = _node(compiled, frame.f_code, instruction)
        if found is None or (not found[1] and self.node):
            return  # a block written in Python: the instance says more
        self.place, self.node = found
        self._set_instance(owner, self.node)

    def _enter_child(self, child: object) -> None:
        """The child of an nn.Sequential that was at work."""
        key = self._key(child)
        landing = self.compiled.follow(key) if self.compiled is not None and key is not None else None
        if landing is not None and landing.node is not None and not landing.rest:
            self.place, self.node = landing.location, landing.node.name
            self._set_instance(child, "")

    def _set_instance(self, owner: object, node: str) -> None:
        key = self._key(owner)
        if key is not None and self.compiled is not None:
            self.instance = "/".join([self.compiled.root, *key.split("."), node]).replace("//", "/").rstrip("/")

    def _key(self, module: object) -> str | None:
        """The path of a module in the model."""
        named = self.model.named_modules(remove_duplicate=False) if self.model is not None else ()
        return next((name for name, found in named if found is module), None)


def _frames(error: BaseException) -> Iterator[tuple[types.FrameType, int]]:
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame, step.tb_lasti
        step = step.tb_next


def _node(compiled: Compiled, code: types.CodeType, instruction: int) -> tuple[Location, str] | None:
    """The node that an instruction of generated code comes from."""
    positions = list(code.co_positions())
    line, end_line, column, end_column = positions[instruction // 2]
    if line is None or end_line is None or column is None or end_column is None:
        return compiled.node_at(line, 0) if line is not None else None
    lines = compiled.source.split("\n")
    start, end = _character(lines[line - 1], column), _character(lines[end_line - 1], end_column)
    return compiled.node_of(line, start, end_line, end)


def _character(line: str, column: int) -> int:
    """The character at a column that counts bytes."""
    return len(line.encode()[:column].decode(errors="ignore"))
