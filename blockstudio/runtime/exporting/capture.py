"""A model as a fixed course of operations, by torch.export: with a batch of any size where that is possible."""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from attrs import frozen
from torch import Tensor, nn
from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException
from torch.export import Dim, ExportedProgram
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode
from torch.overrides import TorchFunctionMode

from blockstudio.compiler import Compiled
from blockstudio.engine.protocol import Problem
from blockstudio.errors import BlockStudioError, ExportError, mark
from blockstudio.runtime.build import explain
from blockstudio.runtime.importing.quiet import undisturbed
from blockstudio.runtime.parameters import is_lazy

_BY_VALUE = (GuardOnDataDependentSymNode, DataDependentOutputException, DynamicOutputShapeException)
"""What torch raises where the course of a model depends on what is in its tensors."""


@frozen
class Captured:
    """A model as a program of torch.export, and what of the model it does not hold."""

    program: ExportedProgram
    notes: tuple[Problem, ...]


def capture(model: nn.Module, compiled: Compiled, inputs: Mapping[str, Tensor]) -> Captured:
    """What a model does to such inputs when it evaluates; the model is left as it is.

    ExportError, with the node at fault where it is known, if torch.export cannot hold it.
    """
    for key, tensor in model.state_dict(keep_vars=True).items():
        if isinstance(tensor, Tensor) and is_lazy(tensor):
            raise ExportError(mark("“{key}” has no shape yet: run the model once before you export it."), key=key)
    with silence():
        for given in _attempts(inputs):
            program = _try(model, given)
            if program is not None and (given is inputs or not _fixed(program, given)):
                return _captured(program, model, compiled, inputs)
        try:
            return _captured(_export(_twin(model), inputs, free=False), model, compiled, inputs)
        except Exception as error:
            raise refusal(error, compiled) from error


@contextmanager
def silence() -> Iterator[None]:
    """Let nobody write anywhere or warn: torch does where it hands the reasons to us as well."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with undisturbed(), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def refusal(error: Exception, compiled: Compiled) -> BlockStudioError:
    """Why torch.export refused, with the node at fault where it is known."""
    if isinstance(error, BlockStudioError):
        return error
    found = explain(error)
    path = found.path if found else compiled.root
    if isinstance(error, _BY_VALUE):
        return ExportError(
            mark(
                "What happens here depends on the values in a tensor; an export holds one fixed course of operations."
            ),
            path=_around(path),
        )
    return ExportError(mark("It cannot be exported: {reason}."), path=path, reason=first_line(error))


def first_line(error: BaseException) -> str:
    """What an exception of torch says first; it goes on with advice for programmers."""
    return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__


def _around(path: str) -> str:
    """The loop or branch whose condition a node stands in, or else the node itself: "Net/loop.condition/gt"."""
    before, found, _ = path.partition(".condition")
    return before if found else path


# --- attempts -------------------------------------------------------------------------------


def _batches(inputs: Mapping[str, Tensor]) -> dict[str, list[int]]:
    """The dimensions that may be the batch: the first of each input, and in others than the first input any that is
    as long, such as the second one of the states of an LSTM."""
    lead = next((name for name, tensor in inputs.items() if tensor.dim()), "")
    return {
        name: [n for n, size in enumerate(tensor.shape) if n == 0 or (name != lead and size == inputs[lead].shape[0])]
        for name, tensor in inputs.items()
    }


def _attempts(inputs: Mapping[str, Tensor]) -> Iterator[Mapping[str, Tensor]]:
    """The inputs to try to leave the batch free with: torch.export takes a size of one as fixed for ever."""
    firsts = {name: numbers[:1] for name, numbers in _batches(inputs).items()}
    for numbers in (_batches(inputs), firsts):
        ones = {(name, n) for name in inputs for n in numbers[name] if inputs[name].shape[n] == 1}
        wider = dict(inputs)
        for name, number in ones:
            wider[name] = torch.cat([wider[name]] * 2, dim=number)
        if ones:
            yield wider
    yield inputs


def _try(model: nn.Module, inputs: Mapping[str, Tensor]) -> ExportedProgram | None:
    try:
        return _export(_twin(model), inputs, free=True)
    except Exception:
        return None  # what is wrong shows again without a free batch


def _export(model: nn.Module, inputs: Mapping[str, Tensor], *, free: bool) -> ExportedProgram:
    names = list(inspect.signature(model.forward).parameters)
    if len(inputs) == len(names):
        ahead = len(names)  # all are there: their names do not matter
    else:
        # One is left to its default, and those behind it go by their names.
        ahead = next(n for n, name in enumerate(names) if n == len(inputs) or name != list(inputs)[n])
        names = list(inputs)
    tensors = list(inputs.values())
    return torch.export.export(
        model,
        tuple(tensors[:ahead]),
        dict(zip(names[ahead:], tensors[ahead:], strict=True)),
        dynamic_shapes={
            name: dict.fromkeys(numbers, Dim.AUTO) if free else None
            for name, numbers in zip(names, _batches(inputs).values(), strict=True)
        },
    )


def _twin(model: nn.Module) -> nn.Module:
    """A copy that has the very tensors of the model, to evaluate: torch.export puts others into what it looks at,
    and meanwhile somebody may look at the model."""
    kept: dict[int, Any] = {}
    for module in model.modules():
        for group in (module._parameters, module._buffers, module.__dict__):
            kept |= {id(value): value for value in group.values() if isinstance(value, Tensor)}
    return copy.deepcopy(model, kept).eval()


# --- results --------------------------------------------------------------------------------


def sizes(program: ExportedProgram) -> list[Any]:
    """The shape of each input: numbers, and symbols where a size is free."""
    values = {node.name: node.meta.get("val") for node in program.graph.nodes}
    return [values[name].shape for name in program.graph_signature.user_inputs]


def is_free(size: Any) -> bool:
    """Whether a size may be any: a symbol that has not been found to be a number."""
    return isinstance(size, torch.SymInt) and size.node.maybe_as_int() is None


def _fixed(program: ExportedProgram, inputs: Mapping[str, Tensor]) -> list[str]:
    """The inputs whose batch is fixed."""
    return [
        name
        for (name, numbers), shape in zip(_batches(inputs).items(), sizes(program), strict=True)
        if numbers and not any(is_free(shape[number]) for number in numbers)
    ]


def _captured(program: ExportedProgram, model: nn.Module, compiled: Compiled, inputs: Mapping[str, Tensor]) -> Captured:
    fixed = _fixed(program, inputs)
    cause = _cause(model, next(_attempts(inputs))) if fixed else ""
    notes = [
        Problem(
            "export-fixed",
            "warning",
            cause or compiled.root,
            mark("The export takes the input “{name}” only with a first size of {size}, which is fixed here."),
            {"name": name, "size": inputs[name].shape[0]},
        )
        for name in fixed
    ]
    return Captured(program, tuple(notes))


def _cause(model: nn.Module, inputs: Mapping[str, Tensor]) -> str:
    """The path of the node that needs a batch to be what it is, or that fails with another; "" if it is not known."""
    twin = _twin(model)
    _UntilFixed().watch(twin)
    try:
        _export(twin, inputs, free=True)
    except Exception as error:
        found = explain(error)
        return found.path if found else ""
    return ""


class _UntilFixed(TorchFunctionMode):
    """Stops a module while torch.export runs it, as soon as a size of what it was given is not free any more."""

    def __init__(self) -> None:
        super().__init__()
        self._sizes: list[Any] = []

    def watch(self, module: nn.Module) -> None:
        module.register_forward_pre_hook(self._begin, with_kwargs=True)
        module.register_forward_hook(lambda *_: self.__exit__(None, None, None), always_call=True)

    def _begin(self, module: nn.Module, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
        tensors = [value for value in (*positional, *named.values()) if isinstance(value, Tensor)]
        self._sizes = [size for tensor in tensors for size in tensor.shape if is_free(size)]
        self.__enter__()  # in here, so that those of torch.export come after it

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if not all(map(is_free, self._sizes)):
            self._sizes = []  # once is enough
            raise RuntimeError("fixed")
        return result
