"""Example inputs as tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import torch
from attrs import evolve
from torch import Tensor

from blockstudio import resources
from blockstudio.errors import RunError, mark
from blockstudio.graph.document import Document
from blockstudio.graph.expressions import DTYPES
from blockstudio.graph.model import Example
from blockstudio.runtime.refusals import overflow
from blockstudio.runtime.tensor_files import read


def located(example: Example, folder: str) -> Example:
    """An example with the whole path of its file, which is beside the project or comes with the examples."""
    if example.generator != "file" or not example.file or Path(example.file).is_absolute():
        return example
    beside, shipped = Path(folder) / example.file, resources.path("examples", example.file)
    return evolve(example, file=str(shipped if shipped.is_file() and not beside.is_file() else beside.absolute()))


def locate(document: Document, folder: str) -> None:
    """Give the examples of a document the whole paths of their files."""
    for _, graph in document.graphs():
        graph.inputs[:] = [
            evolve(port, example=located(port.example, folder)) if port.example else port for port in graph.inputs
        ]


def make(example: Example, name: str, device: str = "cpu") -> Tensor:
    """The tensor that an example of the input `name` stands for, drawn on the CPU by torch's generator.

    A file gives shape and dtype itself. RunError where it makes no tensor, TensorFileError for its file.
    """
    if example.generator == "file":
        return _from_file(example, name).to(device)
    if example.generator not in GENERATORS:
        raise RunError(mark("There is no generator “{generator}”."), path=name, generator=example.generator)
    if example.dtype not in DTYPES:
        raise RunError(mark("There is no type “{dtype}”."), path=name, dtype=example.dtype)
    dtype: torch.dtype = getattr(torch, example.dtype)
    if example.generator in ("rand", "randn") and not (dtype.is_floating_point or dtype.is_complex):
        raise RunError(
            mark("“{generator}” makes floating numbers, not {dtype}: choose “integers”."),
            path=name,
            generator=example.generator,
            dtype=example.dtype,
        )
    try:
        return GENERATORS[example.generator](example, dtype).to(device)
    except (RuntimeError, TypeError, ValueError, MemoryError, OverflowError) as error:
        if (template := overflow(str(error))) is not None:
            raise RunError(template, path=name) from error
        raise RunError(
            mark("The input “{name}” cannot be made: {reason}."),
            name=name,
            reason=str(error).splitlines()[0].rstrip("."),
        ) from error


def _from_file(example: Example, name: str) -> Tensor:
    contents = read(example.file)
    if example.key or "" in contents.tensors:
        return contents.tensor(example.key)
    if len(contents.tensors) != 1:
        raise RunError(
            mark("“{file}” holds {count} tensors: say which one."),
            path=name,
            file=example.file,
            count=len(contents.tensors),
        )
    return next(iter(contents.tensors.values()))


def _arange(example: Example, dtype: torch.dtype) -> Tensor:
    return torch.arange(math.prod(example.shape)).reshape(example.shape).to(dtype)


def _integers(example: Example, dtype: torch.dtype) -> Tensor:
    return torch.randint(example.low, example.high, example.shape).to(dtype)


GENERATORS: dict[str, Callable[[Example, torch.dtype], Tensor]] = {
    "rand": lambda example, dtype: torch.rand(example.shape, dtype=dtype),
    "randn": lambda example, dtype: torch.randn(example.shape, dtype=dtype),
    "zeros": lambda example, dtype: torch.zeros(example.shape, dtype=dtype),
    "ones": lambda example, dtype: torch.ones(example.shape, dtype=dtype),
    "arange": _arange,
    "integers": _integers,
}
