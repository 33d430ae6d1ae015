"""What is known of the sizes and types that entries of the catalog take and give, without running them; no Qt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from blockstudio.catalog.spec import Entry, OptionSpec
from blockstudio.graph.model import Options

_SAYS = {
    "torch.nn.Linear": "out_features",
    "torch.nn.Bilinear": "out_features",
    "torch.nn.LazyLinear": "out_features",
    "torch.nn.Embedding": "embedding_dim",
    "torch.nn.LSTM": "hidden_size",
    "torch.nn.GRU": "hidden_size",
    "torch.nn.RNN": "hidden_size",
    "torch.nn.LSTMCell": "hidden_size",
    "torch.nn.GRUCell": "hidden_size",
    "torch.nn.RNNCell": "hidden_size",
}
"""The option that says how large the last dimension of an output is; that of a convolution says its channels."""
_CONVOLUTION = re.compile(r"nn\.(?:Lazy)?Conv(?:Transpose)?(\d)d$")
_SPATIAL = re.compile(r"(\d)d$")
"""`Conv2d` takes images: four dimensions, or three without a batch."""
_BATCHED = re.compile(r"BatchNorm([23])d$")
"""Refuse what has no batch."""
_FITS = re.compile(r"(\w+)\[(-?\d+)\]")
"""`OptionSpec.fits`: the port and the dimension that an option must equal."""

_SPATIAL_KINDS = frozenset({"Convolution", "Pooling", "Normalization", "Dropout"})
_KEEP_ALL = frozenset({"Activation", "Dropout", "Normalization"})
_KEEP_CHANNELS = frozenset({"Pooling", "Padding", "Image"})
_FLOATS_ONLY = frozenset(
    {"Linear", "Convolution", "Normalization", "Recurrent", "Transformer", "Activation", "Pooling"}
)
_RANKS = {
    "torch.mm": (2,),
    "torch.addmm": (2,),
    "torch.bmm": (3,),
    "torch.mv": (2,),
    "torch.dot": (1,),
    "torch.nn.LSTM": (2, 3),
    "torch.nn.GRU": (2, 3),
    "torch.nn.RNN": (2, 3),
    "torch.nn.MultiheadAttention": (2, 3),
    "torch.nn.TransformerEncoderLayer": (2, 3),
    "torch.nn.TransformerEncoder": (2, 3),
}
_INTEGERS = frozenset(
    {
        "torch.argmax",
        "torch.argmin",
        "torch.argsort",
        "torch.nonzero",
        "torch.argwhere",
        "torch.bincount",
        "torch.count_nonzero",
        "torch.searchsorted",
        "torch.bucketize",
        "torch.randint",
        "torch.randperm",
        "torch.multinomial",
        "torch.Tensor.long",
        "torch.Tensor.int",
        "torch.nn.functional.one_hot",
    }
)
"""What gives whole numbers whatever it gets."""
_FLOATS = frozenset({"torch.Tensor.float", "torch.Tensor.double", "torch.Tensor.half", "torch.Tensor.bfloat16"})
_FLOATS_OUT = _FLOATS_ONLY | {"Embedding", "Loss", "Distance"}
_NOT_BOOLS = frozenset({"operator.and_", "operator.or_", "operator.xor", "operator.invert", "torch.where"})
"""Of the comparisons, those that give what they get."""


def fits(option: OptionSpec) -> tuple[str, int] | None:
    """The input, and the dimension of it, that an option must equal."""
    found = _FITS.fullmatch(option.fits)
    return (found[1], int(found[2])) if found else None


def fitting_size(option: OptionSpec, shapes: Mapping[str, tuple[int, ...] | None]) -> int | None:
    """The size that an option must have for what flows into the inputs; None where that says nothing."""
    found = fits(option)
    shape = shapes.get(found[0]) if found else None
    if found is None or shape is None or not -len(shape) <= found[1] < len(shape):
        return None
    return shape[found[1]]


def ranks(entry: Entry) -> tuple[int, ...]:
    """How many dimensions an entry takes; none where any number is right."""
    if entry.type in _RANKS:
        return _RANKS[entry.type]
    batched = _BATCHED.search(entry.type)
    if batched:
        return (int(batched[1]) + 2,)
    spatial = _SPATIAL.search(entry.type)
    if spatial and entry.category in _SPATIAL_KINDS:
        return int(spatial[1]) + 1, int(spatial[1]) + 2
    return ()


def ranks_given(entry: Entry) -> tuple[int, ...]:
    """How many dimensions an entry gives; none where that depends."""
    if entry.type in ("torch.nn.Flatten", "torch.mm", "torch.addmm"):
        return (2,)
    if entry.type in ("torch.mv", "torch.dot") or entry.category == "Distance":
        return ()
    return ranks(entry)


def kind_of(dtype: str) -> str:
    """ "float", "integer" or "bool"; "" for what is neither."""
    if dtype.startswith(("int", "uint")):
        return "integer"
    return "bool" if dtype == "bool" else "float" if "float" in dtype else ""


def kind_taken(entry: Entry, port: str) -> str:
    """The kind of numbers an input takes, "" for any."""
    spec = next((spec for spec in entry.inputs if spec.name == port), None)
    if spec is not None and spec.dtype:
        return spec.dtype
    is_main = bool(entry.inputs) and entry.inputs[0].name == port
    return "float" if is_main and entry.kind == "layer" and entry.category in _FLOATS_ONLY else ""


def kind_given(entry: Entry) -> str:
    """The kind of numbers an entry gives, "" where that depends on what it gets."""
    if entry.type in _INTEGERS:
        return "integer"
    if entry.type in _FLOATS or entry.category in _FLOATS_OUT:
        return "float"
    return "bool" if entry.category == "Comparison" and entry.type not in _NOT_BOOLS else ""


def said_by(entry: Entry, dimension: int) -> str:
    """The option of a layer that says how large a dimension of its output is, counted from the end; "" for none."""
    convolution = _CONVOLUTION.search(entry.type)
    if convolution and dimension == -1 - int(convolution[1]):
        return "out_channels"
    return _SAYS.get(entry.type, "") if dimension == -1 else ""


def sides(entry: Entry) -> int:
    """How many sides a layer works along: 2 of images; 0 for one that is not of such a kind."""
    spatial = _SPATIAL.search(entry.type)
    return int(spatial[1]) if spatial else 0


def width(entry: Entry) -> str:
    """The option of a layer that says how much it gives, features or channels; "" for none."""
    return "out_channels" if _CONVOLUTION.search(entry.type) else _SAYS.get(entry.type, "")


def said_value(option: str, options: Options, wanted: int) -> int | None:
    """The value such an option needs for a size; None where none gives it."""
    if option != "hidden_size":
        return wanted
    directions = 2 if options.get("bidirectional") else 1
    return None if options.get("proj_size") or wanted % directions else wanted // directions


def keeps(entry: Entry, dimension: int) -> bool:
    """Whether a node gives a dimension, counted from the end, the size it gets."""
    spatial = _SPATIAL.search(entry.type)
    if entry.category in _KEEP_CHANNELS:
        return spatial is not None and dimension == -1 - int(spatial[1])
    return entry.category in _KEEP_ALL


def sizes_taken(entry: Entry, port: str) -> Iterator[tuple[str, int]]:
    """The options that must equal a dimension of an input, with that dimension counted from the end."""
    for option in entry.options:
        found = fits(option)
        if found is None or found[0] != port:
            continue
        dimension = found[1]
        if dimension >= 0:  # of a batch norm, whose number of dimensions its name tells
            of = ranks(entry)
            if not of:
                continue
            dimension -= max(of) if "1d" not in entry.type else 2
        yield option.name, dimension
