"""Loading parameters from a file into a live model: compared first, then all of them or none."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from blockstudio.engine.protocol import KeyReport, LoadReport
from blockstudio.errors import TensorFileError, mark
from blockstudio.runtime.changes import Transaction, Values, distinct
from blockstudio.runtime.parameters import dtype_name, is_lazy, shape_name
from blockstudio.runtime.tensor_files import Contents


def compare(model: nn.Module, contents: Contents) -> LoadReport:
    """What loading would do. A key with another dtype or NaN inside matches too, and is reported."""
    if contents.container != "dict":
        raise TensorFileError(
            mark("“{file}” does not hold parameters by name."),
            file=contents.file,
        )
    expected = _expected(model)
    reports = [
        KeyReport(key, "missing", expected=_word(tensor))
        for key, tensor in expected.items()
        if key not in contents.tensors
    ]
    matching = 0
    for key, found in contents.tensors.items():
        if key not in expected:
            reports.append(KeyReport(key, "unexpected", found=_word(found)))
            continue
        faults = _faults(key, expected[key], found)
        matching += _fits(expected[key], found)
        reports += faults
    return LoadReport(contents.file, matching, tuple(reports))


def load(model: nn.Module, contents: Contents, *, matching_only: bool = False) -> Values:
    """Load a file; returns what the changed tensors were before.

    TensorFileError, and nothing is changed, where keys or shapes differ unless `matching_only`, or where
    nothing matches.
    """
    report = compare(model, contents)
    expected = _expected(model)
    if not matching_only:
        _refuse_differences(report, contents)
    fitting = {key: found for key, found in contents.tensors.items() if key in expected and _fits(expected[key], found)}
    if expected and not fitting:
        raise TensorFileError(mark("Nothing in “{file}” matches the model."), file=contents.file)
    state = type(model.state_dict())(fitting)
    if contents.metadata is not None:
        state._metadata = contents.metadata  # type: ignore[attr-defined]  # as torch's own state dicts have it
    with Transaction(distinct(model)) as transaction:
        try:
            model.load_state_dict(state, strict=False)
        except (RuntimeError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise TensorFileError(
                mark("“{file}” cannot be loaded: {reason}."), file=contents.file, reason=str(error).rstrip(".")
            ) from error
    return transaction.touched()


def _expected(model: nn.Module) -> dict[str, Tensor]:
    return {key: value for key, value in model.state_dict().items() if isinstance(value, Tensor)}


def _fits(expected: Tensor, found: Tensor) -> bool:
    """Whether the values can be taken over; from complex to real, or from real to whole, they cannot."""
    shape = is_lazy(expected) or expected.shape == found.shape
    return shape and torch.can_cast(found.dtype, expected.dtype)


def _faults(key: str, expected: Tensor, found: Tensor) -> list[KeyReport]:
    if not is_lazy(expected) and expected.shape != found.shape:
        return [KeyReport(key, "shape", shape_name(expected), shape_name(found))]
    faults = []
    if not _fits(expected, found):
        faults.append(KeyReport(key, "kind", dtype_name(expected.dtype), dtype_name(found.dtype)))
    elif expected.dtype != found.dtype:
        faults.append(KeyReport(key, "dtype", dtype_name(expected.dtype), dtype_name(found.dtype)))
    nan = _nan(found)
    if nan:
        faults.append(KeyReport(key, "nan", found=f"{nan} / {found.numel()}"))
    return faults


def _refuse_differences(report: LoadReport, contents: Contents) -> None:
    differing = [fault for fault in report.keys if fault.problem in ("missing", "unexpected", "shape", "kind")]
    if differing:
        shown = ", ".join(fault.key for fault in differing[:3]) + (", …" if len(differing) > 3 else "")
        raise TensorFileError(
            mark("“{file}” does not match the model in {count} keys: {keys}."),
            file=contents.file,
            count=len(differing),
            keys=shown,
        )


def _nan(tensor: Tensor) -> int:
    if tensor.layout != torch.strided or not (tensor.is_floating_point() or tensor.is_complex()) or not tensor.numel():
        return 0
    if not tensor.is_complex():
        tensor = tensor.float() if tensor.element_size() < 4 else tensor
        if not tensor.amax().isnan():  # the cheapest way to see that there is none
            return 0
    return int(tensor.isnan().sum())


def _word(tensor: Tensor) -> str:
    return "?" if is_lazy(tensor) else f"{shape_name(tensor)} {dtype_name(tensor.dtype)}"
