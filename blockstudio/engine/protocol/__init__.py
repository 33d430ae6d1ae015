"""What the window asks of the engine, and what it answers: plain data, turned to JSON by cattrs.

Paths of parameters are state-dict keys ("net.0.weight"); node addresses are written as
`Location` and node name. Big data never crosses: tensors come as pieces fit to be shown.
"""

from __future__ import annotations

from typing import Any

from attrs import Factory, frozen

from blockstudio.engine.protocol.document import PortShape, Problem, Shapes, TensorShape, UpdateDocument
from blockstudio.engine.protocol.files import (
    CompareParameters,
    Exported,
    ExportModel,
    Imported,
    ImportModel,
    KeyReport,
    LoadImported,
    LoadParameters,
    LoadReport,
    OpenTensors,
    Saved,
    SaveParameters,
    SaveTensors,
    TakeSnapshot,
    TensorEntry,
    TensorFile,
)
from blockstudio.engine.protocol.parameters import (
    ApplyInitializers,
    BuildModel,
    Changed,
    Histogram,
    ListParameters,
    ParameterRow,
    ParameterTable,
    RestoreSnapshot,
    ShowTensor,
    Statistics,
    TensorChange,
    TensorView,
)
from blockstudio.engine.protocol.running import (
    Activation,
    DeviceRow,
    Devices,
    ListDevices,
    MoveModel,
    OutputResult,
    RunModel,
    RunResult,
    SetMode,
)

__all__ = [
    "MODEL_REQUESTS",
    "REPLIES",
    "Activation",
    "ApplyInitializers",
    "BuildModel",
    "Changed",
    "CompareParameters",
    "DeviceRow",
    "Devices",
    "ExportModel",
    "Exported",
    "Failure",
    "Histogram",
    "ImportModel",
    "Imported",
    "KeyReport",
    "ListDevices",
    "ListParameters",
    "LoadImported",
    "LoadParameters",
    "LoadReport",
    "MoveModel",
    "OpenTensors",
    "OutputResult",
    "ParameterRow",
    "ParameterTable",
    "PortShape",
    "Problem",
    "Request",
    "RestoreSnapshot",
    "RunModel",
    "RunResult",
    "SaveParameters",
    "SaveTensors",
    "Saved",
    "SetMode",
    "Shapes",
    "ShowTensor",
    "Statistics",
    "TakeSnapshot",
    "TensorChange",
    "TensorEntry",
    "TensorFile",
    "TensorShape",
    "TensorView",
    "UpdateDocument",
]


@frozen
class Failure:
    """A request that could not be done: the error, to be worded by the window."""

    kind: str
    """Name of the error's class; "Exception" for an unexpected one."""
    template: str
    facts: dict[str, Any] = Factory(dict)
    path: str = ""
    detail: str = ""
    """The traceback, for "copy details"."""
    interrupted: bool = False


Request = (
    UpdateDocument
    | BuildModel
    | ListParameters
    | ShowTensor
    | ApplyInitializers
    | RestoreSnapshot
    | RunModel
    | SetMode
    | SaveParameters
    | CompareParameters
    | LoadParameters
    | OpenTensors
    | SaveTensors
    | TakeSnapshot
    | ExportModel
    | ImportModel
    | LoadImported
    | ListDevices
    | MoveModel
)

REPLIES: dict[type, type] = {
    UpdateDocument: Shapes,
    BuildModel: Changed,
    ListParameters: ParameterTable,
    ShowTensor: TensorView,
    ApplyInitializers: Changed,
    RestoreSnapshot: Changed,
    RunModel: RunResult,
    SetMode: ParameterTable,
    SaveParameters: Saved,
    CompareParameters: LoadReport,
    LoadParameters: Changed,
    OpenTensors: TensorFile,
    SaveTensors: Saved,
    TakeSnapshot: Saved,
    ExportModel: Exported,
    ImportModel: Imported,
    LoadImported: Changed,
    ListDevices: Devices,
    MoveModel: Devices,
}

MODEL_REQUESTS = (
    BuildModel,
    ApplyInitializers,
    RestoreSnapshot,
    RunModel,
    SetMode,
    LoadParameters,
    ExportModel,
    ImportModel,
    LoadImported,
    MoveModel,
)
"""Requests that change or run the model: one at a time, on the main shell. All others may be
answered while one of these runs."""
