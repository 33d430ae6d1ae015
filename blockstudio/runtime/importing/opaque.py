"""Modules as blocks of Python: their own source, made to stand alone, or an import of it."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from attrs import define
from torch import nn
from torch.utils import _pytree as pytree

from blockstudio.catalog import render
from blockstudio.catalog.custom_code import read_code
from blockstudio.errors import BlockStudioError, mark
from blockstudio.graph.model import OptionValue
from blockstudio.runtime.importing import synthesis
from blockstudio.runtime.importing.blocks import Block, Output
from blockstudio.runtime.importing.constructors import parameters_of
from blockstudio.runtime.importing.layers import CatalogLayer, has_hooks, plain_value
from blockstudio.runtime.importing.literals import written
from blockstudio.runtime.importing.notes import ImportRefused, Untraceable
from blockstudio.runtime.importing.quiet import undisturbed
from blockstudio.runtime.importing.recorded import Recorded
from blockstudio.runtime.importing.sources import NotStandalone, Source, is_importable, package_of
from blockstudio.runtime.importing.tracing import Given, Signature, argument_names

if TYPE_CHECKING:
    from blockstudio.runtime.importing.session import Session


def block(session: Session, module: nn.Module, signature: Signature, reason: str) -> Block:
    """A module as a block of Python; ImportRefused where there is no way to write it."""
    kind = type(module)
    reasons: dict[str, None] = {}
    try:
        if kind.forward is nn.Module.forward:
            raise NotStandalone("it has no forward")
        call = _Call.of(module, signature)
        if has_hooks(module):
            raise NotStandalone("functions are attached to it as hooks")
        layer = session.layer(module)
        if layer is not None:
            return _of_layer(session, module, layer, call, signature)
        if isinstance(module, Recorded):
            return _as_recorded(session, module, call, signature)
        for make in (_with_arguments, _with_attributes):
            for imported in (False, True):
                try:
                    return make(session, module, call, signature, imported=imported)
                except NotStandalone as error:
                    reasons[str(error)] = None
        if module is session.tree.root and session.target.factory:
            return _with_factory(session, module, call, signature)
    except NotStandalone as error:
        reasons[str(error)] = None
    raise ImportRefused(
        mark("{type} can be neither drawn ({reason}) nor written as Python ({other})."),
        path=session.tree.path_of(module),
        type=kind.__name__,
        reason=reason,
        other="; ".join(reasons),
    )


# --- how it is called ---------------------------------------------------------------------------------------


@define
class _Call:
    """How a module is called: the arguments of forward that are values, and its text where others are fixed."""

    inputs: tuple[str, ...]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    """What forward is given, with names where values go."""
    is_plain: bool
    """Whether everything that is no value is at its default, so that forward can be called as it is."""

    @classmethod
    def of(cls, module: nn.Module, signature: Signature) -> _Call:
        function = type(module).forward
        try:
            names = list(argument_names(function, signature))
        except Untraceable as error:
            raise NotStandalone(error.reason) from None
        following = iter(names)
        leaves = [_Name(next(following)) if isinstance(leaf, Given) else leaf.value for leaf in signature.leaves]
        args, kwargs = pytree.tree_unflatten(leaves, signature.spec)
        bound = inspect.signature(function).bind(None, *args, **kwargs)
        parameters = inspect.signature(function).parameters
        plain = True
        for name, value in list(bound.arguments.items())[1:]:
            parameter = parameters[name]
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                plain = plain and not value
            elif not isinstance(value, _Name):
                plain = plain and type(value) is type(parameter.default) and bool(value == parameter.default)
        return cls(tuple(names), args, kwargs, plain)

    def forward(self, source: Source) -> str:
        """A forward of its own that hands the fixed arguments on."""
        texts = [_argument(arg, source) for arg in self.args]
        texts += [f"{name}={_argument(arg, source)}" for name, arg in self.kwargs.items()]
        return (
            f"    def forward({', '.join(['self', *self.inputs])}):\n"
            f"        return super().forward({', '.join(texts)})\n"
        )


@define(frozen=True)
class _Name:
    text: str


def _argument(value: Any, source: Source) -> str:
    if isinstance(value, _Name):
        return value.text
    if type(value) in (list, tuple):
        inner = ", ".join(_argument(item, source) for item in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)" if len(value) == 1 else f"({inner})"
    if type(value) is dict:
        return "{" + ", ".join(f"{key!r}: {_argument(item, source)}" for key, item in value.items()) + "}"
    return written(value, source)


# --- ways to write it ---------------------------------------------------------------------------------------


def _of_layer(session: Session, module: nn.Module, layer: CatalogLayer, call: _Call, signature: Signature) -> Block:
    """A layer of torch that is a whole model."""
    name = layer.entry.label
    made = render.constructor(layer.entry, layer.options).replace(f"nn.{name}(", "super().__init__(", 1)
    source = Source("")
    forward = "" if call.is_plain else f"\n{call.forward(source)}"
    source.parts[name] = f"class {name}(nn.{name}):\n    def __init__(self):\n        {made}\n{forward}"
    return _finished(session, module, call, signature, source, name, {})


def _with_arguments(session: Session, module: nn.Module, call: _Call, signature: Signature, *, imported: bool) -> Block:
    """The class as it is, constructed with the arguments it was constructed with."""
    kind = type(module)
    arguments, reason = session.making_arguments(module)
    if reason:
        raise NotStandalone(reason)
    options, fixed = _options(kind, arguments)
    if module is session.tree.root:  # which nobody gives arguments
        options, fixed = {}, {**options, **fixed}
    source = _source(kind, imported=imported)
    if call.is_plain and not (imported or fixed):
        source.name(kind)
        return _finished(session, module, call, signature, source, kind.__name__, options)
    base = _base(source, kind, imported=imported)
    lines = [f"class {kind.__name__}({_bases(kind, base, imported=imported)}):\n"]
    if imported or fixed:
        lines.append(_constructor(kind, options, fixed, source))
    lines.append(call.forward(source) if imported or not call.is_plain else "")
    source.parts[kind.__name__] = "\n".join(line for line in lines if line).replace(":\n\n    def", ":\n    def", 1)
    return _finished(session, module, call, signature, source, kind.__name__, options)


def _with_attributes(
    session: Session, module: nn.Module, call: _Call, signature: Signature, *, imported: bool
) -> Block:
    """The class with a constructor that makes everything the module has."""
    kind = type(module)
    if isinstance(module, nn.RNNBase):
        raise NotStandalone("it is a recurrent layer that keeps its weights twice")
    source = _source(kind, imported=imported)
    base = _base(source, kind, imported=imported)
    body = synthesis.constructor(session, module, source)
    forward = "\n" + call.forward(source) if imported or not call.is_plain else ""
    head = f"class {kind.__name__}({_bases(kind, base, imported=imported)}):\n"
    source.parts[kind.__name__] = head + body + forward
    return _finished(session, module, call, signature, source, kind.__name__, {})


def _as_recorded(session: Session, module: Recorded, call: _Call, signature: Signature) -> Block:
    """The forward that torch.export recorded."""
    name, source = type(module).__name__, Source("")
    body = synthesis.constructor(session, module, source)
    source.parts[name] = f"class {name}(nn.Module):\n{body}\n{textwrap.indent(module.code.strip(), '    ')}\n"
    return _finished(session, module, call, signature, source, name, {})


def _with_factory(session: Session, module: nn.Module, call: _Call, signature: Signature) -> Block:
    """The whole model, made anew by what made it for the import."""
    kind = type(module)
    source = _source(kind, imported=True)
    base = _base(source, kind, imported=True)
    source.imports[session.target.factory_import] = None
    source.parts[kind.__name__] = (
        f"class {kind.__name__}({base}, nn.Module):\n"
        "    def __init__(self):\n"
        "        nn.Module.__init__(self)\n"
        f"        self.__dict__.update({session.target.factory}.__dict__)\n\n{call.forward(source)}"
    )
    return _finished(session, module, call, signature, source, kind.__name__, {})


def _source(kind: type, *, imported: bool) -> Source:
    """A source to be; where the class is imported, so is what is installed beside it."""
    return Source("" if imported else package_of(kind))


def _base(source: Source, kind: type, *, imported: bool) -> str:
    """The name of the original class in the source of one that builds on it."""
    name = f"{kind.__name__}Base"
    if imported:
        if not is_importable(kind):
            raise NotStandalone(f"{kind.__name__} cannot be imported by its name")
        source.imports[f"from {kind.__module__} import {kind.__name__} as {name}"] = None
        return name
    source.name(kind)
    source.parts = {
        (name if part == kind.__name__ else part): synthesis.renamed_part(text, kind.__name__, name)
        for part, text in source.parts.items()
    }
    return name


def _bases(kind: type, base: str, *, imported: bool) -> str:
    # The second base tells readers of the syntax tree what the first one is.
    return f"{base}, nn.Module" if imported else base


def _options(kind: type, arguments: Mapping[str, Any]) -> tuple[dict[str, OptionValue], dict[str, Any]]:
    """The arguments that can be options of an instance, and those that cannot."""
    options: dict[str, OptionValue] = {}
    fixed: dict[str, Any] = {}
    for name, parameter in parameters_of(kind).items():
        if name not in arguments:
            continue
        value = arguments[name]
        if type(value) is type(parameter.default) and _equal(value, parameter.default):
            continue
        try:
            if isinstance(value, torch.dtype | list) or _is_of_another_kind(value, parameter.default):
                raise Untraceable("an option would be of another type")
            options[name] = plain_value(value)
        except Untraceable:
            fixed[name] = value
    return options, fixed


def _is_of_another_kind(value: Any, default: Any) -> bool:
    """Whether a constructor that takes several kinds of values has a default of one, and is given another."""
    if value is None or type(default) not in (bool, int, float, str):
        return False
    numbers = (int, float)
    return type(value) is not type(default) and not (type(value) in numbers and type(default) in numbers)


def _equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except Exception:  # `__eq__` of an object of the user's own, or arrays of more than one element
        return False


def _constructor(kind: type, options: Mapping[str, OptionValue], fixed: Mapping[str, Any], source: Source) -> str:
    """A constructor that takes the options and hands them on with what is fixed."""
    parameters = parameters_of(kind)
    arguments = []
    for name in options:
        default = parameters[name].default
        plain = default is None or type(default) in (bool, int, float, str)
        arguments.append(f"{name}={default!r}" if plain else name)
    arguments.sort(key=lambda text: "=" in text)
    handed = [f"{name}={name}" for name in options]
    handed += [f"{name}={written(value, source)}" for name, value in fixed.items()]
    return f"    def __init__({', '.join(['self', *arguments])}):\n        super().__init__({', '.join(handed)})\n"


def _finished(
    session: Session,
    module: nn.Module,
    call: _Call,
    signature: Signature,
    source: Source,
    name: str,
    options: dict[str, OptionValue],
) -> Block:
    """The block of a source, once it has proved to make the same parameters and buffers."""
    text = source.text()
    try:
        code = read_code(text, name)
    except BlockStudioError as error:
        raise NotStandalone(error.message.rstrip(".")) from error
    known = {port.name for port in code.inputs if not port.variadic}
    if not set(call.inputs) <= known:
        raise NotStandalone("its forward takes any number of arguments")
    namespace: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional, "__name__": "imported"}
    with session.stage.entered(None), undisturbed():
        try:
            exec(compile(text, f"<{name}>", "exec", dont_inherit=True), namespace)
            made = namespace[name](**options)
            same = _state(made) == _state(module)
        except Exception as error:
            raise NotStandalone(f"its source raised {type(error).__name__}: {error}") from error
    if not same:
        raise NotStandalone("its source makes other parameters")
    found = session.new_block("code", module, signature=signature, inputs=call.inputs, source=text, class_name=name)
    found.arguments = dict(options)
    found.outputs = tuple(Output(port.name, "other") for port in code.outputs)
    return found


def _state(module: nn.Module) -> dict[str, Any]:
    return {key: (tuple(value.shape), value.dtype) for key, value in module.state_dict().items()}
