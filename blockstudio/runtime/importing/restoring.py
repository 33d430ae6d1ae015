"""Layers of torch.nn made again from what torch.export kept of them: the operator they ran and its arguments."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from attrs import frozen
from torch import fx, nn
from torch.utils import _pytree as pytree

from blockstudio.catalog.catalog import catalog
from blockstudio.runtime.importing.bindings import bind
from blockstudio.runtime.importing.quiet import undisturbed

_RENAMED = {
    "pad": "padding",
    "scale_factors": "scale_factor",
    "sizes": "unflattened_size",
    "elementwise_affine": "affine",
}
"""What operators call the options of layers."""
_TRAINS = ("training", "train", "use_input_stats")


@frozen(eq=False)
class Restored:
    """A layer, and how it is called: for each argument the number of what was handed in, and for each value that
    was used where it lies in what the layer gives."""

    layer: nn.Module
    arguments: Any
    results: tuple[tuple[int, ...], ...]


def restored(module: nn.Module, graph: fx.Graph, kind: str) -> Restored | None:
    """The layer that a graph was recorded from, with the tensors of `module`; None if none gives the same."""
    home, _, name = kind.rpartition(".")
    entry = catalog().get(f"torch.nn.{name}")
    if entry is None or entry.kind != "layer" or not home.startswith("torch.nn.modules"):
        return None
    said = _said(graph)
    tensors = dict(module.named_parameters(recurse=False)) | dict(module.named_buffers(recurse=False))
    said |= _sizes(name, tensors, said, graph)
    options = {option.name: said[option.name] for option in entry.options if said.get(option.name) is not None}
    try:
        with torch.device("meta"):
            layer = getattr(nn, name)(**options)
        if {key: value.shape for key, value in layer.state_dict().items()} != {k: v.shape for k, v in tensors.items()}:
            return None
        for key, tensor in tensors.items():
            setattr(layer, key, tensor)
        found = Restored(layer, _arguments(graph), _results(name, graph))
        layer.training = any(said.get(word) is True for word in _TRAINS)
        return found if _gives_the_same(found, module, graph) else None
    except (TypeError, ValueError, RuntimeError, AssertionError, KeyError, IndexError, AttributeError):
        return None  # then it is no such layer, and is drawn as what was recorded


def _said(graph: fx.Graph) -> dict[str, Any]:
    """The arguments of the operators in a graph, by the names layers have for them."""
    found: dict[str, Any] = {}
    for node in graph.nodes:
        if node.op != "call_function" or not isinstance(node.target, torch._ops.OpOverload):
            continue
        for bound in bind(node):
            for key, value in bound.arguments.items():
                if not any(isinstance(leaf, fx.Node) for leaf in pytree.tree_leaves(value)):
                    found.setdefault(_RENAMED.get(key, key), _plain(value))
            found.setdefault("inplace", bound.name.endswith("_") or None)
            found.setdefault("mode", next((mode for word, mode in _MODES.items() if word in bound.name), None))
            break
    return found


_MODES = {"upsample_nearest": "nearest", "upsample_bi": "bilinear", "upsample_tri": "trilinear", "cubic": "bicubic"}


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value


# --- what the tensors say -----------------------------------------------------------------------------------

_Tensors = Mapping[str, torch.Tensor]


def _sizes(name: str, tensors: _Tensors, said: Mapping[str, Any], graph: fx.Graph) -> dict[str, Any]:
    first = next(iter(tensors.values()), None)
    read = next((read for prefix, read in _READERS.items() if name.startswith(prefix)), None)
    if first is None:
        given = [node.meta.get("val") for node in graph.nodes if node.op == "placeholder"]
        channels = given[0].shape[1] if given and isinstance(given[0], torch.Tensor) and given[0].dim() > 1 else None
        return {"num_features": channels, "num_channels": channels, "affine": False, "elementwise_affine": False}
    found = {} if read is None else read(first, int(said.get("groups") or 1))
    names = " ".join(tensors)
    return {
        "bias": "bias" in names,
        "affine": "weight" in names,
        "elementwise_affine": "weight" in names,
        "track_running_stats": "running_mean" in names,
        "padding_idx": None if said.get("padding_idx") == -1 else said.get("padding_idx"),
        **found,
    }


_READERS: Mapping[str, Callable[[torch.Tensor, int], dict[str, Any]]] = {
    "Linear": lambda w, groups: {"in_features": w.shape[1], "out_features": w.shape[0]},
    "ConvTranspose": lambda w, groups: {
        "in_channels": w.shape[0],
        "out_channels": w.shape[1] * groups,
        "kernel_size": tuple(w.shape[2:]),
    },
    "Conv": lambda w, groups: {
        "in_channels": w.shape[1] * groups,
        "out_channels": w.shape[0],
        "kernel_size": tuple(w.shape[2:]),
    },
    "BatchNorm": lambda w, groups: {"num_features": w.shape[0]},
    "InstanceNorm": lambda w, groups: {"num_features": w.shape[0]},
    "GroupNorm": lambda w, groups: {"num_channels": w.shape[0]},
    "Embedding": lambda w, groups: {"num_embeddings": w.shape[0], "embedding_dim": w.shape[1]},
    "PReLU": lambda w, groups: {"num_parameters": w.shape[0]},
    "Bilinear": lambda w, groups: dict(zip(("out_features", "in1_features", "in2_features"), w.shape, strict=True)),
    **dict.fromkeys(("LSTMCell", "LSTM"), lambda w, groups: {"input_size": w.shape[1], "hidden_size": w.shape[0] // 4}),
    **dict.fromkeys(("GRUCell", "GRU"), lambda w, groups: {"input_size": w.shape[1], "hidden_size": w.shape[0] // 3}),
    "RNN": lambda w, groups: {"input_size": w.shape[1], "hidden_size": w.shape[0]},
}
"""Options by the shape of a layer's first tensor."""


# --- how it is called ---------------------------------------------------------------------------------------


def _arguments(graph: fx.Graph) -> Any:
    """The structure of the arguments of the layer, with the numbers of placeholders in it."""
    placeholders = [node for node in graph.nodes if node.op == "placeholder"]
    if len(placeholders) < 2:
        return (0,) if placeholders else ()
    call = next((node for node in graph.nodes if set(placeholders) <= set(node.all_input_nodes)), None)
    given = next((bound.arguments for bound in bind(call)), {}) if call is not None else {}
    found = []
    for value in (given.get("input", given.get("self")), given.get("hx")):
        leaves = value if isinstance(value, list | tuple) else [value]
        numbers = tuple(placeholders.index(leaf) for leaf in leaves)
        found.append(numbers if len(numbers) > 1 else numbers[0])
    return tuple(found)


def _results(name: str, graph: fx.Graph) -> tuple[tuple[int, ...], ...]:
    """Where each value that a graph gives lies in what the layer gives."""
    output = next(node for node in graph.nodes if node.op == "output").args[0]
    paths = ((0,), (1, 0), (1, 1)) if name == "LSTM" else ((0,), (1,))
    found = []
    for node in output if isinstance(output, list | tuple) else (output,):
        whole = name not in ("LSTM", "GRU", "RNN")
        found.append(() if whole else paths[node.args[1]])
    return tuple(found)


def call(layer: Callable[..., Any], found: Restored, values: Any) -> tuple[Any, ...]:
    """What a restored layer gives for the values that were handed to the module it stands for."""
    given = layer(*pytree.tree_map(lambda number: values[number], found.arguments))
    results = []
    for path in found.results:
        value = given
        for index in path:
            value = value[index]
        results.append(value)
    return tuple(results)


def _gives_the_same(found: Restored, module: nn.Module, graph: fx.Graph) -> bool:
    """Whether a layer and the graph that was recorded of it give the same for one input."""
    examples = [node.meta.get("val") for node in graph.nodes if node.op == "placeholder"]
    if not all(isinstance(example, torch.Tensor) for example in examples):
        return False
    values = [_example(example) for example in examples]
    layer, recorded = copy.deepcopy(found.layer), copy.deepcopy(module)
    given = []
    for run in (lambda: call(layer, found, _copies(values)), lambda: recorded(*_copies(values))):
        with undisturbed(), torch.no_grad():
            torch.manual_seed(0)
            given.append(run())
    ours, theirs = given[0], given[1] if isinstance(given[1], tuple | list) else (given[1],)
    return len(ours) == len(theirs) and all(
        one.shape == other.shape and torch.allclose(one, other, equal_nan=True)
        for one, other in zip(ours, theirs, strict=True)
    )


def _example(like: torch.Tensor) -> torch.Tensor:
    shape = [size if isinstance(size, int) else size.node.hint for size in like.shape]
    generator = torch.Generator().manual_seed(0)
    if like.dtype.is_floating_point:
        return torch.randn(shape, generator=generator).to(like.dtype)
    return torch.zeros(shape, dtype=like.dtype)


def _copies(values: list[torch.Tensor]) -> list[torch.Tensor]:
    return [value.clone() for value in values]
