"""Why a step does not work on what it is given, in the words of a person: both shapes, and what would fit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import Factory, frozen
from torch import Tensor, nn

from blockstudio.catalog.spec import Entry
from blockstudio.errors import mark
from blockstudio.runtime.abstract import in_words, size_text
from blockstudio.runtime.refusals import step_refused

Facts = dict[str, Any]


@frozen
class Fault:
    """A problem of one step, without its place."""

    code: str
    template: str
    facts: Facts = Factory(dict)
    detail: str = ""


MISMATCH = "shape-mismatch"
DTYPE = "dtype-mismatch"

_NEEDS_DATA = re.compile(
    r"item\(\)|_local_scalar_dense|no data|nonzero|masked_select|unique|aten::equal|is_nonzero|data-dependent"
    r"|repeat_interleave|bincount|\btolist\b|to numpy"
)
_NO_KERNEL = re.compile(
    r"'Meta' (backend|tensors?)|[Mm]eta tensors?|meta device|FakeTensor|not implemented for 'Meta'|register_meta"
)


def needs_data(error: BaseException) -> bool:
    """Whether a step failed on the meta device because it looks at the numbers in a tensor."""
    text = str(error)
    return bool(_NO_KERNEL.search(text) and _NEEDS_DATA.search(text)) or "Cannot copy out of meta tensor" in text


def lacks_kernel(error: BaseException) -> bool:
    """Whether a step failed because torch cannot do it on the meta device at all."""
    return bool(_NO_KERNEL.search(str(error)))


def foreseen(entry: Entry | None, layer: nn.Module | None, inputs: Mapping[str, Any]) -> Fault | None:
    """The problem of a layer that is sure to fail on what it is given, whatever the meta device makes of it."""
    if layer is None or not any(True for _ in (*layer.parameters(), *layer.buffers())):
        return None  # a norm without parameters takes any number of channels
    tensors = _tensors(inputs)
    return _rank("", entry, layer, tensors) or _types_of(layer, tensors) or _fits("", entry, layer, tensors)


def explain(error: BaseException, entry: Entry | None, layer: Any, inputs: Mapping[str, Any]) -> Fault:
    """The problem of a step that raised, by its type, its module if it is a layer, and its inputs by port."""
    tensors = _tensors(inputs)
    for find in (_rank, _fits, _attended, _dtypes, _by_type, _broadcast):
        fault = find(str(error), entry, layer, tensors)
        if fault is not None:
            return fault
    shown = ", ".join(in_words(value) for value in inputs.values())
    refused = step_refused(str(error))
    if refused is not None:
        return Fault(MISMATCH, refused[0], {"inputs": shown, **refused[1]})
    lines = [line for line in str(error).splitlines() if line.strip()]
    return Fault(
        "step-failed",
        mark("It does not work on {inputs}: {reason}") if shown else mark("It does not work: {reason}"),
        {"inputs": shown, "reason": lines[0].strip() if lines else type(error).__name__},
    )


def _tensors(inputs: Mapping[str, Any]) -> dict[str, Tensor]:
    return {port: value for port, value in inputs.items() if isinstance(value, Tensor)}


# --- layers: an option that must equal a size of the input ---------------------------------------

_FITS = re.compile(r"(\w+)\[(-?\d+)\]")

_EXPECTS_FEATURES = mark(
    "It expects {wanted} features, but gets {got} ({shape}); set {option} to {fits}, or feed it {wanted}."
)
_EXPECTS_FLAT = mark(
    "It works on the last size of {shape}, which is {got}, not {wanted}; flatten it first, or set {option} to {fits}."
)
_EXPECTS_CHANNELS = mark(
    "It expects {wanted} channels, but gets {got} ({shape}); set {option} to {fits}, or feed it {wanted}."
)
_EXPECTS_ENDING = mark("It normalises over {wanted}, but the input ends in {got} ({shape}); set {option} to {fits}.")
_EXPECTS_SIZE = mark("It expects size {wanted}, but gets {got} ({shape}); set {option} to {fits}, or feed it {wanted}.")
_EXPECTS: Mapping[str, str] = {
    "in_features": _EXPECTS_FEATURES,
    "in_channels": _EXPECTS_CHANNELS,
    "num_features": _EXPECTS_CHANNELS,
    "num_channels": _EXPECTS_CHANNELS,
    "normalized_shape": _EXPECTS_ENDING,
}


def _fits(_: str, entry: Entry | None, layer: Any, tensors: Mapping[str, Tensor]) -> Fault | None:
    for option in entry.options if entry is not None else ():
        found = _FITS.fullmatch(option.fits)
        tensor = tensors.get(found[1]) if found else None
        wanted = _option(layer, option.name)
        if found is None or tensor is None or wanted is None:
            continue
        if isinstance(wanted, tuple):
            got: Any = tuple(tensor.shape[-len(wanted) :])
            fits: Any = got[0] if len(got) == 1 else got
            shown = size_text(wanted), size_text(got)
        else:
            dimension = int(found[2])
            if not -tensor.dim() <= dimension < tensor.dim():
                continue
            got = fits = tensor.shape[dimension]
            shown = str(wanted), str(got)
        if got != wanted:
            facts = {"wanted": shown[0], "got": shown[1], "shape": size_text(tensor.shape)}
            is_image = isinstance(layer, nn.Linear) and tensor.dim() > 3
            return Fault(
                MISMATCH,
                _EXPECTS_FLAT if is_image else _EXPECTS.get(option.name, _EXPECTS_SIZE),
                {**facts, "option": option.name, "fits": fits, "port": found[1]},
            )
    return None


# --- attention: three inputs that belong together -------------------------------------------------


def _attended(_: str, __: Entry | None, layer: Any, tensors: Mapping[str, Tensor]) -> Fault | None:
    """What does not fit in the key and the value of an attention, whose query does."""
    if not isinstance(layer, nn.MultiheadAttention):
        return None
    query, key, value = (tensors.get(port) for port in ("query", "key", "value"))
    if query is None or key is None or value is None or {query.dim(), key.dim(), value.dim()} != {3}:
        return None
    for tensor, option, wanted in ((key, "kdim", layer.kdim), (value, "vdim", layer.vdim)):
        got = tensor.shape[-1]
        if got != wanted:
            facts = {"wanted": str(wanted), "got": str(got), "shape": size_text(tensor.shape)}
            port = {"kdim": "key", "vdim": "value"}[option]
            return Fault(MISMATCH, _EXPECTS_FEATURES, {**facts, "option": option, "fits": got, "port": port})
    batch = 0 if layer.batch_first else 1
    shapes = {name: size_text(tensors[name].shape) for name in ("query", "key", "value")}
    if not query.shape[batch] == key.shape[batch] == value.shape[batch]:
        order = "N×L×E" if layer.batch_first else "L×N×E"
        template = mark("The query {query}, the key {key} and the value {value} must have one batch size N: {order}.")
        return Fault(MISMATCH, template, {**shapes, "order": order})
    if key.shape[1 - batch] != value.shape[1 - batch]:
        template = mark("The key {key} and the value {value} must be of the same length.")
        return Fault(MISMATCH, template, shapes)
    return None


def _option(layer: Any, name: str) -> Any:
    """The value of a constructor argument that a layer keeps."""
    value = getattr(layer, name, None)
    if value is None and name == "d_model":
        attention = next((m for m in layer.modules() if isinstance(m, nn.MultiheadAttention)), None)
        value = attention.embed_dim if attention is not None else None
    return tuple(value) if isinstance(value, list | tuple) else value


# --- layers: how many dimensions they take -------------------------------------------------------

_RANKS: Mapping[type[nn.Module], tuple[tuple[int, ...], str]] = {
    nn.Conv1d: ((2, 3), "C×L, N×C×L"),
    nn.Conv2d: ((3, 4), "C×H×W, N×C×H×W"),
    nn.Conv3d: ((4, 5), "C×D×H×W, N×C×D×H×W"),
    nn.ConvTranspose1d: ((2, 3), "C×L, N×C×L"),
    nn.ConvTranspose2d: ((3, 4), "C×H×W, N×C×H×W"),
    nn.ConvTranspose3d: ((4, 5), "C×D×H×W, N×C×D×H×W"),
    nn.BatchNorm1d: ((2, 3), "N×C, N×C×L"),
    nn.BatchNorm2d: ((4,), "N×C×H×W"),
    nn.BatchNorm3d: ((5,), "N×C×D×H×W"),
    nn.InstanceNorm1d: ((2, 3), "C×L, N×C×L"),
    nn.InstanceNorm2d: ((3, 4), "C×H×W, N×C×H×W"),
    nn.InstanceNorm3d: ((4, 5), "C×D×H×W, N×C×D×H×W"),
    nn.MaxPool1d: ((2, 3), "C×L, N×C×L"),
    nn.MaxPool2d: ((3, 4), "C×H×W, N×C×H×W"),
    nn.MaxPool3d: ((4, 5), "C×D×H×W, N×C×D×H×W"),
    nn.AvgPool1d: ((2, 3), "C×L, N×C×L"),
    nn.AvgPool2d: ((3, 4), "C×H×W, N×C×H×W"),
    nn.AvgPool3d: ((4, 5), "C×D×H×W, N×C×D×H×W"),
    nn.RNNBase: ((2, 3), "L×H, L×N×H"),
    nn.MultiheadAttention: ((2, 3), "L×E, L×N×E"),
}


def _rank(_: str, __: Entry | None, layer: Any, tensors: Mapping[str, Tensor]) -> Fault | None:
    tensor = next(iter(tensors.values()), None)
    for kind, (ranks, forms) in _RANKS.items():
        if tensor is not None and isinstance(layer, kind) and tensor.dim() not in ranks:
            return Fault(
                MISMATCH,
                mark("It takes {forms}; {shape} has {dimensions} dimensions."),
                {"forms": _forms(layer, forms), "shape": size_text(tensor.shape), "dimensions": tensor.dim()},
            )
    return None


def _forms(layer: nn.Module, forms: str) -> str:
    """The forms a layer takes, with the batch where it wants it."""
    return forms.replace("L×N×", "N×L×") if getattr(layer, "batch_first", False) else forms


# --- dtypes -------------------------------------------------------------------------------------


_LOOK_UP = (nn.Embedding, nn.EmbeddingBag)
_NEED_FLOATS = (
    nn.Linear,
    nn.Bilinear,
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._NormBase,
    nn.RNNBase,
    nn.RNNCellBase,
    nn.MultiheadAttention,
    nn.Transformer,
    nn.TransformerEncoder,
    nn.TransformerDecoder,
    nn.TransformerEncoderLayer,
    nn.TransformerDecoderLayer,
)


def _types_of(layer: nn.Module, tensors: Mapping[str, Tensor]) -> Fault | None:
    tensor = next(iter(tensors.values()), None)
    if tensor is None:
        return None
    if isinstance(layer, _LOOK_UP) and (tensor.is_floating_point() or tensor.is_complex()):
        return _no_index(tensor)
    parameter = next((p for p in layer.parameters() if p.is_floating_point()), None)
    if isinstance(layer, _NEED_FLOATS) and parameter is not None and parameter.dtype != tensor.dtype:
        return _other_type(parameter, tensor)
    return None


def _no_index(tensor: Tensor) -> Fault:
    template = mark("It looks rows up by whole numbers (int64), but gets {dtype}; give the input integers.")
    return Fault(DTYPE, template, {"dtype": _dtype(tensor)})


def _other_type(parameter: Tensor, tensor: Tensor) -> Fault:
    facts = {"wanted": _dtype(parameter), "got": _dtype(tensor)}
    return Fault(DTYPE, mark("Its parameters are {wanted}, but it gets {got}; convert the input."), facts)


def _dtypes(text: str, entry: Entry | None, layer: Any, tensors: Mapping[str, Tensor]) -> Fault | None:
    if not tensors:
        return None
    first = next(iter(tensors.values()))
    if entry is not None and entry.type.endswith("functional.embedding") and first.is_floating_point():
        return _no_index(first)
    unsupported = re.search(r"not implemented for '(\w+)'", text)
    if unsupported:
        return Fault(DTYPE, mark("It does not work on {dtype}; convert the input."), {"dtype": _dtype(first)})
    if not re.search(r"dtype|scalar type|same type|should be the same|data type", text):
        return None
    parameter = next((p for p in layer.parameters()), None) if isinstance(layer, nn.Module) else None
    if parameter is not None and parameter.dtype != first.dtype:
        return _other_type(parameter, first)
    names = [_dtype(tensor) for tensor in tensors.values()]
    if len(set(names)) > 1:
        template = mark("Its inputs have different types: {dtypes}; convert one of them.")
        return Fault(DTYPE, template, {"dtypes": ", ".join(names)})
    return None


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


# --- functions and operators ----------------------------------------------------------------------

_Find = Callable[[Sequence[Tensor], str], Fault | None]


def _matrices(tensors: Sequence[Tensor], _: str) -> Fault | None:
    if len(tensors) < 2:
        return None
    left, right = tensors[-2:]
    inner = right.shape[-2] if right.dim() > 1 else right.shape[0] if right.dim() else None
    if not left.dim() or inner is None or left.shape[-1] == inner:
        return None
    return Fault(
        MISMATCH,
        mark("{left} cannot be multiplied by {right}: the {a} columns must be as many as the {b} rows."),
        {"left": size_text(left.shape), "right": size_text(right.shape), "a": left.shape[-1], "b": inner},
    )


def _concatenated(tensors: Sequence[Tensor], text: str) -> Fault | None:
    if len(tensors) < 2 or len({tuple(tensor.shape) for tensor in tensors}) == 1:
        return None
    shapes = ", ".join(size_text(tensor.shape) for tensor in tensors)
    if len({tensor.dim() for tensor in tensors}) > 1:
        template = mark("{shapes} cannot be joined: they must have the same number of dimensions.")
    elif "stack" in text:
        template = mark("{shapes} cannot be stacked: they must have the same sizes.")
    else:
        template = mark("{shapes} cannot be joined: all sizes but that of the joined dimension must be equal.")
    return Fault(MISMATCH, template, {"shapes": shapes})


def _reshaped(tensors: Sequence[Tensor], text: str) -> Fault | None:
    if not tensors:
        return None
    tensor = tensors[0]
    wanted = re.search(r"shape '?\[([^\]]*)\]'? is invalid", text)
    facts = {"shape": size_text(tensor.shape), "count": tensor.numel()}
    if wanted:
        sizes = [int(size) for size in wanted[1].split(",") if size.strip()]
        into = _wanted_sizes(sizes)
        if -1 in sizes:
            known = math.prod(size for size in sizes if size != -1)
            template = mark("{shape} has {count} elements, which do not go into {into}: {known} does not divide them.")
            return Fault(MISMATCH, template, {**facts, "into": into, "known": known})
        template = mark("{shape} has {count} elements, {into} has {other}.")
        return Fault(MISMATCH, template, {**facts, "into": into, "other": math.prod(sizes)})
    if "view size is not compatible" in text:
        return Fault(
            MISMATCH, mark("{shape} does not lie in memory in the order that a view needs; use reshape."), facts
        )
    return None


def _wanted_sizes(sizes: Sequence[int]) -> str:
    return size_text(["?" if size == -1 else size for size in sizes])


_BY_TYPE: Mapping[str, _Find] = {
    "torch.mm": _matrices,
    "torch.bmm": _matrices,
    "torch.matmul": _matrices,
    "operator.matmul": _matrices,
    "torch.addmm": _matrices,
    "torch.baddbmm": _matrices,
    "torch.mv": _matrices,
    "torch.dot": _matrices,
    "torch.cat": _concatenated,
    "torch.stack": _concatenated,
    "torch.Tensor.view": _reshaped,
    "torch.Tensor.reshape": _reshaped,
    "torch.reshape": _reshaped,
    "torch.nn.Unflatten": _reshaped,
}


def _by_type(text: str, entry: Entry | None, _: Any, tensors: Mapping[str, Tensor]) -> Fault | None:
    find = _BY_TYPE.get(entry.type) if entry is not None else None
    return find(list(tensors.values()), text) if find else None


def _broadcast(text: str, _: Entry | None, __: Any, tensors: Mapping[str, Tensor]) -> Fault | None:
    found = list(tensors.values())
    if len(found) != 2 or not re.search(r"broadcast|must match the size|shape mismatch", text):
        return None
    left, right = found
    for a, b in zip(reversed(left.shape), reversed(right.shape), strict=False):
        if a != b and a != 1 and b != 1:
            return Fault(
                MISMATCH,
                mark("{left} and {right} do not fit together: sizes must be equal or 1, not {a} and {b}."),
                {"left": size_text(left.shape), "right": size_text(right.shape), "a": a, "b": b},
            )
    return None
