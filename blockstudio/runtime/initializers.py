"""Running initialisation rules on a live model: the same statements that the generated `init_weights` has."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from attrs import evolve, frozen
from torch import Tensor, nn

from blockstudio.catalog.catalog import catalog
from blockstudio.compiler import Compiled, Span, compile_document
from blockstudio.compiler.check import analyse
from blockstudio.compiler.compiled import errors_for
from blockstudio.compiler.ir import Module
from blockstudio.compiler.lower import lower
from blockstudio.compiler.text import Lines
from blockstudio.compiler.write_rules import write_rules
from blockstudio.engine.protocol import TensorChange
from blockstudio.errors import RunError, mark
from blockstudio.graph.document import Document
from blockstudio.graph.model import Initializer
from blockstudio.runtime.build import plant
from blockstudio.runtime.changes import Transaction, Values, distinct
from blockstudio.runtime.densities import UNKNOWN, density
from blockstudio.runtime.parameters import Slot, layer_type, shape_name, slots
from blockstudio.runtime.statistics import measure
from blockstudio.runtime.steps import GLOBALS

METHOD = "init_weights"
FILE = "<initialisers>"
FUNCTIONS = "<functions of the project>"


@frozen(eq=False)
class Applied:
    """What was changed: the values before, for undo, and each tensor before and after."""

    before: Values
    changes: tuple[TensorChange, ...]


def apply(
    model: nn.Module,
    compiled: Compiled,
    document: Document,
    definition: str,
    rules: Sequence[Initializer],
    seed: int | None = None,
) -> Applied:
    """Run the rules in every instance of a definition in a model that was built from `compiled`.

    CompileError for a rule that is none; RunError where one fails or finds nothing to fill, naming the
    parameter, with every tensor as it was.
    """
    method = _method(model, document, definition, rules)
    kind = type(model).forward.__globals__.get(definition)
    instances = {path: module for path, module in model.named_modules() if type(module) is kind}
    types = {path: layer_type(module) for path, module in model.named_modules(remove_duplicate=False)}
    filled: dict[str, list[Initializer]] = {}
    """The rules that may fill each tensor, by its first key."""
    first: dict[Hashable, str] = {}
    for slot in slots(model):
        key = first.setdefault(slot.identity, slot.path)
        for rule in rules:
            if any(_may_fill(rule, path, slot, types) for path in instances):
                filled.setdefault(key, []).append(rule)
    tensors = {key: tensor for key, tensor in distinct(model).items() if key in filled}
    if seed is not None:
        plant(seed)
    with Transaction(tensors) as transaction:
        for path, instance in instances.items():
            with _hyper_parameters(instance, compiled, path):
                _run(method, instance, tensors)
        before = transaction.touched()
        if not before:
            raise RunError(mark("There is no parameter here that this fills."))
    return Applied(before, tuple(_change(key, tensors[key], value, filled[key]) for key, value in before.items()))


def changes(tensors: Mapping[str, Tensor], before: Values) -> tuple[TensorChange, ...]:
    """Tensors that were changed otherwise: by statistics only."""
    return tuple(
        TensorChange(key, None, None, measure(value, 0)[0], measure(tensors[key], 0)[0])
        for key, value in before.items()
        if key in tensors
    )


@frozen(eq=False)
class _Method:
    """The `init_weights` that a block would have with some rules, and the nodes that its lines come from."""

    call: Callable[[nn.Module], object]
    spans: tuple[Span, ...]


def _method(model: nn.Module, document: Document, definition: str, rules: Sequence[Initializer]) -> _Method:
    """The method in the model's own namespace; CompileError for a rule that is none."""
    ruled = evolve(document.definition(definition), initializers=list(rules))
    document = evolve(document, definitions={**document.definitions, definition: ruled})
    analysis = analyse(document)
    if errors_for(analysis, definition):
        compile_document(document, definition)  # which says what they are
    program = lower(document, definition, analysis)
    module = program.modules[definition]
    assert isinstance(module, Module)
    lines = Lines()
    lines.add(f"def {METHOD}(self):")
    lines.depth = 1
    write_rules(module.initializers, lines)
    lines.add("pass")
    source = lines.source()
    names = {**GLOBALS, **type(model).forward.__globals__}
    for function in program.functions.values():
        exec(compile(function, FUNCTIONS, "exec"), names)
    exec(compile(source.text, FILE, "exec"), names)
    return _Method(names[METHOD], source.spans)


def _run(method: _Method, instance: nn.Module, tensors: Values) -> None:
    try:
        with torch.no_grad():
            method.call(instance)
    except Exception as error:
        key = _tensor_at_fault(error, tensors)
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        path = _node_at_fault(error, method.spans)
        if key is None:
            raise RunError(mark("The rule failed: {reason}."), path=path, reason=reason) from error
        raise RunError(
            mark("The rule cannot fill “{key}” of shape {shape}: {reason}."),
            path=path,
            key=key,
            shape=shape_name(tensors[key]),
            reason=reason,
        ) from error


def _tensor_at_fault(error: BaseException, tensors: Mapping[str, Tensor]) -> str | None:
    """The tensor that was being filled: the one that the failing functions hold."""
    keys = {id(tensor): key for key, tensor in tensors.items()}
    for frame, _ in reversed(list(traceback.walk_tb(error.__traceback__))):
        for value in frame.f_locals.values():
            if id(value) in keys:
                return keys[id(value)]
    return None


def _node_at_fault(error: BaseException, spans: Sequence[Span]) -> str:
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == FILE:
            for span in spans:
                if span.line <= line <= span.end_line:
                    return span.location.path(span.node)
    return ""


@contextmanager
def _hyper_parameters(instance: nn.Module, compiled: Compiled, path: str) -> Iterator[None]:
    """Within it an instance has its hyper-parameters as attributes, also those that its class did not need."""
    landing = compiled.follow(path)
    missing = {
        name: value for name, value in ((landing and landing.values) or {}).items() if not hasattr(instance, name)
    }
    for name, value in missing.items():
        setattr(instance, name, value)
    try:
        yield
    finally:
        for name in missing:
            delattr(instance, name)


def _may_fill(rule: Initializer, path: str, slot: Slot, types: Mapping[str, str]) -> bool:
    """Whether a rule may fill a tensor, in the instance at a module path; `types` are those of all modules."""
    target = _joined(path, rule.target)
    if not rule.layer_type:
        return _is_below(slot.path, _joined(target, rule.parameter))
    return any(
        types[owner] == rule.layer_type and (not rule.parameter or slot.path == _joined(owner, rule.parameter))
        for owner in _upwards(slot.module_path)
        if _is_below(owner, target)
    )


def _upwards(module_path: str) -> Iterator[str]:
    """A module and those around it."""
    yield module_path
    while module_path:
        module_path = module_path.rpartition(".")[0]
        yield module_path


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def _is_below(key: str, path: str) -> bool:
    return not path or key == path or key.startswith(f"{path}.")


def _change(key: str, tensor: Tensor, before: Tensor, rules: Iterable[Initializer]) -> TensorChange:
    old, new = measure(before), measure(tensor)
    known = UNKNOWN
    for rule in rules:
        spec = catalog().initializers.get(rule.function)
        if rule.parameter or spec is None or tensor.dim() >= spec.minimum_rank:  # else it leaves this one out
            known = density(rule, tuple(tensor.shape))
    return TensorChange(key, old[1], new[1], old[0], new[0], known.curve, known.bounds)
