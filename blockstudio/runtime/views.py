"""A tensor as the window shows it."""

from __future__ import annotations

from torch import Tensor

from blockstudio.engine.protocol import ShowTensor, Statistics, TensorView
from blockstudio.runtime.parameters import dtype_name
from blockstudio.runtime.statistics import Measurements
from blockstudio.runtime.tables import cut


def view(tensor: Tensor, request: ShowTensor, measurements: Measurements) -> TensorView:
    """Statistics and histogram of the whole tensor; table and heat map of the slice asked for."""
    statistics, histogram = measurements.of(tensor, request.bins)
    part = cut(tensor, request.index)
    return TensorView(
        path=request.path,
        shape=tuple(tensor.shape),
        dtype=dtype_name(tensor.dtype),
        device=str(tensor.device),
        statistics=statistics,
        histogram=histogram,
        slice_shape=part.shape,
        index=part.index,
        values=part.values(request.rows, request.columns),
        heat_map=part.heat_map(),
    )


def nothing(path: str, why: str) -> TensorView:
    """The view of a tensor that is not there; `why` is translatable."""
    return TensorView(path, (), "", "", Statistics(0, None, None, None, None), None, (), "", (), (), why)
