"""Modules of torch.nn as layers of the catalog: the options they were made with, and how they are called."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from attrs import define, frozen
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from blockstudio.catalog import render
from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.spec import Entry, OptionSpec
from blockstudio.catalog.templates import FIELD
from blockstudio.catalog.values import check_value
from blockstudio.errors import BlockStudioError
from blockstudio.graph.model import Options, OptionValue
from blockstudio.runtime.importing.fingerprints import HOOKS, Fingerprints
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.proxies import Traced
from blockstudio.runtime.importing.quiet import Uninitialised

_MISSING = object()


@frozen
class LayerCall:
    """One call of a layer: what feeds its ports, the options of its call, and what it gives.

    `result` is a port, a tuple of such, or None for what is not there.
    """

    inputs: Mapping[str, Any]
    options: Options
    result: Any


@frozen
class CatalogLayer:
    """A module that the catalog can make."""

    entry: Entry
    options: Options

    def call(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> LayerCall:
        """A call taken apart; Untraceable for one that the catalog cannot say."""
        module_class = getattr(nn, self.entry.type.rpartition(".")[2])
        try:
            bound = inspect.signature(module_class.forward).bind(None, *args, **kwargs)
        except TypeError as error:
            raise Untraceable(f"it calls {self.entry.label} with other arguments: {error}") from None
        inputs: dict[str, Any] = {}
        options: dict[str, OptionValue] = {}
        for name, value in list(bound.arguments.items())[1:]:
            for port, part in self._parts(name, value):
                self._place(port, part, inputs, options)
        ports = [port.name for port in self.entry.outputs if not port.when or self._is_set(port.when, options)]
        return LayerCall(inputs, options, result_of(self.entry, ports))

    def _parts(self, name: str, value: Any) -> Iterator[tuple[str, Any]]:
        name = _RENAMED.get((self.entry.label, name), name)
        states = [port.name for port in self.entry.inputs if port.name in ("h_0", "c_0")]
        if name == "hx" and states:
            values = value if isinstance(value, tuple | list) else (value,)
            if len(values) != len(states):
                raise Untraceable(f"it hands the states of a {self.entry.label} over as one value")
            yield from zip(states, values, strict=True)
        else:
            yield name, value

    def _place(self, name: str, value: Any, inputs: dict[str, Any], options: dict[str, OptionValue]) -> None:
        option = next((found for found in self.entry.options if found.name == name and found.forward), None)
        if isinstance(value, Traced):
            if not any(port.name == name for port in self.entry.inputs):
                raise Untraceable(f"it computes the argument {name} of {self.entry.label}")
            inputs[name] = value
        elif option is not None:
            plain = plain_value(value)
            if plain != option.default or isinstance(plain, bool) != isinstance(option.default, bool):
                options[name] = plain
        elif isinstance(value, torch.Tensor):
            inputs[name] = value
        elif value is not None:
            raise Untraceable(f"it calls {self.entry.label} with {name}={value!r}")

    def _is_set(self, name: str, options: Options) -> bool:
        option = self.entry.option(name)
        value = options.get(name, self.options.get(name, option.default if option else None))
        return value is not None and value is not False


def result_of(entry: Entry, ports: Sequence[str]) -> Any:
    """What a call gives, as a port or nested tuples of ports."""
    if not entry.result:
        return ports[0] if len(ports) == 1 else tuple(ports)
    text = FIELD.sub(lambda found: repr(found[2]) if found[2] in ports else "None", entry.result)
    return ast.literal_eval(f"({text})")


@define
class Layers:
    """Recognises layers; what it found out once it keeps."""

    fingerprints: Fingerprints
    _known: dict[int, CatalogLayer | None]

    @classmethod
    def of(cls, fingerprints: Fingerprints) -> Layers:
        return cls(fingerprints, {})

    def find(self, module: nn.Module) -> CatalogLayer | None:
        """The layer that a module is; None where the catalog cannot make one just like it."""
        entry = catalog().get(f"torch.nn.{type(module).__name__}")
        if entry is None or entry.kind != "layer" or getattr(nn, type(module).__name__, None) is not type(module):
            return None
        number = self.fingerprints.of(module)
        if number not in self._known:
            self._known[number] = _recognise(module, entry)
        return self._known[number]


def _recognise(module: nn.Module, entry: Entry) -> CatalogLayer | None:
    if not isinstance(module, LazyModuleMixin) and has_hooks(module):
        return None
    raw = dict(_read_options(module, entry))
    for short in (True, False):
        options = {name: _shortened(value) if short else value for name, value in raw.items()}
        options = {name: value for name, value in options.items() if not _is_default(entry.option(name), value)}
        if _makes(entry, options, module):
            return CatalogLayer(entry, options)
    return None


def has_hooks(module: nn.Module) -> bool:
    """Whether calling a module, or saving it, runs functions that were attached to it."""
    return any(map(has_hooks_of_its_own, module.modules()))


def has_hooks_of_its_own(module: nn.Module) -> bool:
    """Whether functions are attached to a module, those below it left out."""
    return any(getattr(module, name, None) for name in HOOKS)


def _is_default(option: OptionSpec | None, value: OptionValue) -> bool:
    if option is None or option.required:
        return False
    return value == option.default and isinstance(value, bool) == isinstance(option.default, bool)


def _makes(entry: Entry, options: Options, module: nn.Module) -> bool:
    """Whether the catalog makes a module of that structure with these options."""
    try:
        for name, value in options.items():
            option = entry.option(name)
            if option is None:
                return False
            check_value(option, value)
        source = render.constructor(entry, options)
        with torch.device("meta"), Uninitialised():
            # The source is made of a name of torch.nn and literals that were checked.
            made = eval(source, {"nn": nn, "torch": torch})
    except (BlockStudioError, TypeError, ValueError, RuntimeError, AssertionError, NotImplementedError):
        return False
    prints = Fingerprints(loose=True)
    return prints.of(made) == prints.of(module)


def _shortened(value: OptionValue) -> OptionValue:
    """(3, 3) as 3."""
    if isinstance(value, tuple) and value and all(item == value[0] and type(item) is int for item in value):
        return value[0]
    return value


def plain_value(value: Any) -> OptionValue:
    """A value as options hold it; Untraceable where none can."""
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, list | tuple):
        return tuple(map(plain_value, value))
    raise Untraceable(f"an argument is a {type(value).__name__}")


# --- reading options ----------------------------------------------------------------------------------


def _read_options(module: nn.Module, entry: Entry) -> Iterator[tuple[str, OptionValue]]:
    special = _SPECIAL.get(entry.label, {})
    for option in entry.options:
        if option.forward:
            continue
        try:
            value = special[option.name](module) if option.name in special else _attribute(module, option)
            if value is not _MISSING:
                yield option.name, plain_value(value)
        except (Untraceable, AttributeError, IndexError):
            continue


def _attribute(module: nn.Module, option: OptionSpec) -> Any:
    if option.name == "dtype":
        return _dtype(module)
    value = getattr(module, option.name, _MISSING)
    if option.name == "bias" and getattr(module, "weight", _MISSING) is None:
        return _MISSING  # nothing is learned, not even a bias
    if option.name == "stride" and option.default is None and value == getattr(module, "kernel_size", None):
        return None
    if value is None and option.nullable:
        return None
    if option.type == "bool" and not isinstance(value, bool) and value is not _MISSING:
        return value is not None
    return value


def _dtype(module: nn.Module) -> Any:
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point() or tensor.is_complex():
            return _MISSING if tensor.dtype == torch.get_default_dtype() else tensor.dtype
    return _MISSING


_Reader = Callable[[Any], Any]


def _activation(layer: Any) -> Any:
    return re.sub(r"\W.*", "", getattr(layer.activation, "__name__", type(layer.activation).__name__)).lower()


_ENCODER_LAYER: dict[str, _Reader] = {
    "d_model": lambda m: m.self_attn.embed_dim,
    "nhead": lambda m: m.self_attn.num_heads,
    "dim_feedforward": lambda m: m.linear1.out_features,
    "dropout": lambda m: m.dropout.p,
    "activation": _activation,
    "layer_norm_eps": lambda m: m.norm1.eps,
    "batch_first": lambda m: m.self_attn.batch_first,
    "bias": lambda m: m.linear1.bias is not None,
}


def _first(readers: Mapping[str, _Reader], way: Callable[[Any], Any]) -> dict[str, _Reader]:
    def reader(name: str) -> _Reader:
        return lambda m: readers[name](way(m)) if name in readers else getattr(way(m), name)

    return {name: reader(name) for name in (*_ENCODER_LAYER, "norm_first")}


_STACK = {
    **_first(_ENCODER_LAYER, lambda m: m.layers[0]),
    "num_layers": lambda m: m.num_layers,
    "norm": lambda m: m.norm is not None,
}
_SPECIAL: Mapping[str, Mapping[str, _Reader]] = {
    "MultiheadAttention": {
        "bias": lambda m: m.in_proj_bias is not None,
        "add_bias_kv": lambda m: m.bias_k is not None,
        "kdim": lambda m: None if m.kdim == m.embed_dim else m.kdim,
        "vdim": lambda m: None if m.vdim == m.embed_dim else m.vdim,
    },
    "TransformerEncoderLayer": _ENCODER_LAYER,
    "TransformerDecoderLayer": _ENCODER_LAYER,
    "TransformerEncoder": _STACK,
    "TransformerDecoder": _STACK,
    "Transformer": {
        **_first(_ENCODER_LAYER, lambda m: m.encoder.layers[0]),
        "num_encoder_layers": lambda m: m.encoder.num_layers,
        "num_decoder_layers": lambda m: m.decoder.num_layers,
    },
    "RNN": {"nonlinearity": lambda m: m.mode.removeprefix("RNN_").lower()},
    "PairwiseDistance": {"p": lambda m: m.norm},
    "AdaptiveLogSoftmaxWithLoss": {"cutoffs": lambda m: m.cutoffs[:-1], "head_bias": lambda m: m.head_bias},
}
_RENAMED = {
    ("RMSNorm", "x"): "input",
    ("PoissonNLLLoss", "log_input"): "input",
    ("AdaptiveLogSoftmaxWithLoss", "input_"): "input",
    ("AdaptiveLogSoftmaxWithLoss", "target_"): "target",
}
