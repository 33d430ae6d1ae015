"""The model and its tensors: looked at, filled, put back."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from blockstudio.graph.model import Initializer


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
