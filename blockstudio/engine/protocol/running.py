"""Runs of the model, and where it runs."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from blockstudio.engine.protocol.document import TensorShape
from blockstudio.engine.protocol.parameters import Statistics
from blockstudio.graph.model import Example


@frozen
class RunModel:
    """Forward, and backward if asked. Reply: `RunResult`. May be interrupted."""

    inputs: dict[str, Example]
    """By input port of the root."""
    seed: int | None = 0
    backward: Literal["", "sum", "mean"] = ""
    training: bool | None = None
    repeat: int = 1
    """Timed rounds; the median counts."""


@frozen
class Activation:
    path: str
    port: str
    value: TensorShape
    statistics: Statistics | None
    gradient: Statistics | None = None
    """After a backward pass: of the gradient of the output by what flowed here."""


@frozen
class OutputResult:
    name: str
    value: TensorShape
    statistics: Statistics | None
    preview: str
    """The tensor as torch prints it, shortened."""


@frozen
class RunResult:
    outputs: tuple[OutputResult, ...]
    activations: tuple[Activation, ...]
    input_gradients: tuple[OutputResult, ...]
    forward_seconds: float
    backward_seconds: float | None
    peak_bytes: int
    """Of the device where it can tell, else the growth of the process."""
    device: str
    training: bool


@frozen
class SetMode:
    """Train or eval. Reply: `ParameterTable`."""

    training: bool


@frozen
class ListDevices:
    """Reply: `Devices`."""


@frozen
class DeviceRow:
    name: str
    """"cpu", "cuda:0", "mps", ..."""
    label: str
    total_bytes: int | None
    free_bytes: int | None
    current: bool


@frozen
class Devices:
    devices: tuple[DeviceRow, ...]


@frozen
class MoveModel:
    """Move parameters and buffers; out of memory leaves them where they were. Reply: `Devices`."""

    device: str
