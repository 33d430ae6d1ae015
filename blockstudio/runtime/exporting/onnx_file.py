"""A captured model as ONNX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from types import TracebackType
from typing import Any

import torch
from torch import fx

from blockstudio.errors import ExportError, mark
from blockstudio.runtime.exporting.capture import Captured, first_line, is_free, silence, sizes
from blockstudio.runtime.exporting.places import Places, words

BATCH = "batch"
_TRACE = "pkg.torch.onnx.stack_trace"
"""Where torch notes the files it comes from on the machine that exports."""


def require_onnx() -> None:
    """ExportError where what torch needs to write ONNX is not installed."""
    missing = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        raise ExportError(
            mark("Export to ONNX needs {packages}: install them with “pip install {names}”."),
            packages=" + ".join(missing),
            names=" ".join(missing),
        )


def convert(captured: Captured, places: Places, inputs: Sequence[str], outputs: Sequence[str]) -> Any:
    """The torch.onnx.ONNXProgram of a captured model; ExportError naming the node that ONNX has no operator for."""
    free = [size for shape in sizes(captured.program) for size in shape if is_free(size)]
    try:
        made = _translated(captured, inputs, outputs, optimize=True)
    except Exception as error:
        if _operation(error) is not None:
            raise _refusal(error, places) from error
        try:  # it is onnxscript's optimiser that fails on some: what is not optimised runs as well
            made = _translated(captured, inputs, outputs, optimize=False)
        except Exception as again:
            raise _refusal(again, places) from again
    _name_sizes(made.model, list(dict.fromkeys(str(size) for size in free)))
    _forget_traces(made.model)
    return made


def _translated(captured: Captured, inputs: Sequence[str], outputs: Sequence[str], *, optimize: bool) -> Any:
    with silence():
        return torch.onnx.export(
            captured.program,
            dynamo=True,
            verbose=False,
            optimize=optimize,
            input_names=list(inputs),
            output_names=_output_names(captured, inputs, outputs),
        )


def _output_names(captured: Captured, inputs: Sequence[str], outputs: Sequence[str]) -> list[str] | None:
    """The names of the outputs, which in ONNX cannot be those of inputs; None where one output is many tensors."""
    given = captured.program.graph_signature.user_outputs
    if len(given) != len(outputs):
        return None
    # One that is None is no output of the file.
    names = [name for name, value in zip(outputs, given, strict=True) if value is not None]
    return [f"{name}_out" if name in inputs else name for name in names]


def _refusal(error: BaseException, places: Places) -> ExportError:
    operation, cause = _operation(error), error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    reason = first_line(cause)
    if operation is None:
        return ExportError(mark("ONNX cannot hold this: {reason}."), path=places.compiled.root, reason=reason)
    path, operator = places.path(operation), words(operation)
    if reason.startswith("No ONNX function found"):
        return ExportError(mark("ONNX has no operator for “{operator}”."), path=path, operator=operator)
    return ExportError(mark("ONNX cannot hold “{operator}”: {reason}."), path=path, operator=operator, reason=reason)


def _operation(error: BaseException) -> fx.Node | None:
    """The operation that torch was at."""
    current: BaseException | None = error
    while current is not None:
        for local in _locals(current.__traceback__):
            if isinstance(local, fx.Node) and local.op == "call_function":
                return local
        current = current.__cause__
    return None


def _locals(trace: TracebackType | None) -> Iterator[Any]:
    """What the functions of an exception call their node, outermost first."""
    while trace is not None:
        yield trace.tb_frame.f_locals.get("node")
        trace = trace.tb_next


def _name_sizes(model: Any, symbols: Sequence[str]) -> None:
    """Call the free sizes "batch" where torch counts symbols ("s77"), also in what is worked out of them."""
    names = {symbol: BATCH if number == 0 else f"{BATCH}_{number}" for number, symbol in enumerate(symbols)}
    word = re.compile(rf"\b(?:{'|'.join(names)})\b")
    values = [*model.graph.inputs, *(value for node in model.graph.all_nodes() for value in node.outputs)]
    for value in values:
        if names and value.shape is not None:
            value.shape = type(value.shape)(
                size if isinstance(size, int) or size.value is None
                else type(size)(word.sub(lambda found: names[found[0]], size.value))
                for size in value.shape
            )  # fmt: skip


def _forget_traces(model: Any) -> None:
    for node in model.graph.all_nodes():
        node.metadata_props.pop(_TRACE, None)
