"""What the window asks of the engine, and what it answers: plain data, turned to JSON by cattrs.

Paths of parameters are state-dict keys ("net.0.weight"); node addresses are written as
`Location` and node name. Big data never crosses: tensors come as pieces fit to be shown.
"""

from __future__ import annotations

from typing import Any, Literal

from attrs import Factory, frozen

from blockstudio.graph.model import Example, Initializer

# --- the document -------------------------------------------------------------------------


@frozen
class UpdateDocument:
    """A new version of the document: works out shapes, and forgets the built model if its code changed.

    Custom code runs only if `trusted`. Reply: `Shapes`.
    """

    project: dict[str, Any]
    """As the project file holds it."""
    revision: int
    trusted: bool = False
    shown: tuple[str, ...] = ()
    """Definitions shown on the canvas that the root may not reach: their shapes are worked out from
    their own example inputs."""
    folder: str = ""
    """Where the project file is: example inputs may name tensor files by their path from there."""


@frozen
class TensorShape:
    """What flows on an edge: sizes and dtype; `text` when it is not one tensor, such as "int"."""

    shape: tuple[int, ...] | None
    dtype: str = ""
    text: str = ""
    device: str = ""


@frozen
class PortShape:
    """The shape at one output of a node, or at a border input (node "")."""

    path: str
    """`Location.path(node)`, such as "MLP/hidden" or "FixedHiddenMLP/loop.body/halve"."""
    port: str
    value: TensorShape


@frozen
class Problem:
    """A diagnostic found by running: a shape mismatch, an exception in custom code, a missing device."""

    code: str
    severity: Literal["error", "warning", "info"]
    path: str
    template: str
    facts: dict[str, Any]
    detail: str = ""
    """A traceback or longer text, for "copy details"."""


@frozen
class Shapes:
    revision: int
    ports: tuple[PortShape, ...]
    problems: tuple[Problem, ...]
    milliseconds: float = 0.0


# --- the model and its parameters ---------------------------------------------------------


@frozen
class BuildModel:
    """Build the model afresh, every parameter initialised as the document says. Reply: `Changed`, without
    the single tensors; its token is "" where there was no model before."""

    seed: int | None = None
    """None: the document's."""


@frozen
class ListParameters:
    """Reply: `ParameterTable`; builds the model first if there is none, keeping the values of
    parameters whose key and shape are as they were."""


@frozen
class ParameterRow:
    path: str
    kind: Literal["parameter", "buffer"]
    shape: tuple[int, ...]
    dtype: str
    device: str
    trainable: bool
    count: int
    bytes: int
    python_path: str
    """`net[0].weight`: how a person reaches it from the model, named `net`."""
    node: str
    """`Location.path(node)` of the layer that owns it; "" when not known."""
    layer_type: str
    shared_with: str = ""
    """The first path of the same tensor; counted there."""
    has_gradient: bool = False
    persistent: bool = True
    carried: bool = False
    """Kept from before the last change of the document."""


@frozen
class ParameterTable:
    rows: tuple[ParameterRow, ...]
    parameters: int
    """Elements of all parameters, each tensor counted once."""
    trainable: int
    buffers: int
    bytes: int
    device: str = "cpu"
    training: bool = True
    changed: bool = False
    """Values differ from the last file saved or loaded."""


@frozen
class ShowTensor:
    """Look at one tensor. Reply: `TensorView`."""

    path: str
    """A state-dict key; for `activation` "path|port" of a node output; for `gradient` either of
    them; for `file` "file|key"."""
    source: Literal["value", "gradient", "activation", "file"] = "value"
    index: str = ""
    """What to show as a table: "" chooses the first two-dimensional slice; else "0, :, :5"."""
    rows: tuple[int, int] = (0, 64)
    columns: tuple[int, int] = (0, 32)
    bins: int = 100


@frozen
class Statistics:
    count: int
    mean: float | None
    std: float | None
    min: float | None
    max: float | None
    nan: int = 0
    inf: int = 0
    zeros: int = 0


@frozen
class Histogram:
    """Counts of the finite values in equal bins from `low` to `high`."""

    low: float
    high: float
    counts: tuple[int, ...]


@frozen
class TensorView:
    path: str
    shape: tuple[int, ...]
    dtype: str
    device: str
    statistics: Statistics
    histogram: Histogram | None
    slice_shape: tuple[int, ...]
    """Shape after `index`; the table shows its last two dimensions."""
    index: str
    values: tuple[tuple[float | int | bool | str, ...], ...]
    """The asked rows and columns; NaN and infinities as text."""
    heat_map: tuple[tuple[float | None, ...], ...]
    """The slice, averaged down to at most 128 x 128."""
    missing: str = ""
    """Why there is nothing to show, translatable: "none yet" for a gradient before backward."""


# --- changing parameters; each reply carries a token that undoes it ---------------------------


@frozen
class ApplyInitializers:
    """Run rules now, on the tensors they match in the instances of `definition`. Reply: `Changed`."""

    rules: tuple[Initializer, ...]
    definition: str
    """The definition that the rules belong to: they apply in each of its instances."""
    seed: int | None = None


@frozen
class TensorChange:
    """One tensor before and after."""

    path: str
    before: Histogram | None
    after: Histogram | None
    before_statistics: Statistics
    after_statistics: Statistics
    density: tuple[tuple[float, float], ...] = ()
    """Theoretical density (value, probability density) where it is known."""
    bounds: tuple[float, float] | None = None


@frozen
class Changed:
    token: str
    """For `RestoreSnapshot`; "" when nothing changed."""
    tensors: tuple[TensorChange, ...] = ()


@frozen
class RestoreSnapshot:
    """Put the tensors of a snapshot back. Reply: `Changed`, whose token redoes."""

    token: str


# --- running ------------------------------------------------------------------------------


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


# --- files ----------------------------------------------------------------------------------


@frozen
class SaveParameters:
    """Reply: `Saved`. Format by suffix: .params/.pt/.pth or .safetensors."""

    file: str


@frozen
class Saved:
    file: str
    tensors: int
    bytes: int


@frozen
class CompareParameters:
    """What loading a file would do, before anything is changed. Reply: `LoadReport`."""

    file: str


@frozen
class KeyReport:
    key: str
    problem: Literal["missing", "unexpected", "shape", "kind", "dtype", "nan"]
    """"kind": numbers that cannot be taken over, such as complex ones for real ones; "dtype": they can."""
    expected: str = ""
    found: str = ""


@frozen
class LoadReport:
    file: str
    matching: int
    keys: tuple[KeyReport, ...]


@frozen
class LoadParameters:
    """Reply: `Changed`. Refused where keys or shapes differ unless `matching_only`."""

    file: str
    matching_only: bool = False


@frozen
class OpenTensors:
    """Reply: `TensorFile`. A tensor, a list or a dict of tensors."""

    file: str


@frozen
class TensorEntry:
    key: str
    """"" for a file of one tensor, "0", "1", ... for a list."""
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@frozen
class TensorFile:
    file: str
    container: Literal["tensor", "list", "dict"]
    entries: tuple[TensorEntry, ...]


@frozen
class SaveTensors:
    """Save tensors as plain torch files. Reply: `Saved`."""

    file: str
    paths: tuple[str, ...]
    container: Literal["tensor", "list", "dict"]
    names: tuple[str, ...] = ()
    """Keys of the dict; the paths when empty."""
    source: Literal["value", "gradient", "activation", "file"] = "value"


@frozen
class TakeSnapshot:
    """Write parameters to a file of the engine's own, for recovery after a crash. Reply: `Saved`."""

    file: str


@frozen
class ExportModel:
    """Write the model as it is, to evaluate. Reply: `Exported`. Format by suffix: .onnx or .pt2. May be interrupted."""

    file: str


@frozen
class Exported:
    file: str
    bytes: int
    notes: tuple[Problem, ...] = ()
    """What the file does not hold as the document has it."""


# --- importing ------------------------------------------------------------------------------


@frozen
class ImportModel:
    """Make a document of a model that exists. Runs Python of the user's own. Reply: `Imported`. May be interrupted.

    The open document and its model stay as they are.
    """

    target: str
    """"MODULE:NAME", "FILE.py:NAME" or "FILE.pt2"."""
    arguments: str = ""
    """As `catalog.targets.parse_arguments` reads them."""
    inputs: str = ""
    """As `catalog.targets.parse_inputs` reads them."""
    folder: str = ""
    """Where modules that are not installed are looked for."""


@frozen
class Imported:
    project: dict[str, Any]
    """As a project file holds it, with the report of the import."""
    tensors: int
    """How many tensors wait for `LoadImported`."""


@frozen
class LoadImported:
    """Give the model the weights of the last import, which are forgotten then. Reply: `Changed`."""


# --- devices --------------------------------------------------------------------------------


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


# --- the answer ------------------------------------------------------------------------------


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
