"""Existing PyTorch models as documents that build the same models: their hierarchy kept, every part drawn
that can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen
from torch import nn

from blockstudio.errors import mark
from blockstudio.formats.import_report import ImportReport, Note, keep
from blockstudio.formats.targets import PROGRAM, PYTHON, split_target
from blockstudio.graph.document import Document
from blockstudio.graph.model import Example
from blockstudio.runtime.importing import exported
from blockstudio.runtime.importing.assembling import Assembler
from blockstudio.runtime.importing.freezing import freeze
from blockstudio.runtime.importing.inputs import Inputs, example_tensor
from blockstudio.runtime.importing.names import class_name
from blockstudio.runtime.importing.notes import ImportRefused
from blockstudio.runtime.importing.session import Session
from blockstudio.runtime.importing.target import Target, make
from blockstudio.runtime.importing.tree import Tree
from blockstudio.runtime.parameters import is_lazy
from blockstudio.runtime.tensor_files import cpu_state


@frozen(eq=False)
class ImportResult:
    """What came in: the document, what there is to say about it, and the weights for it."""

    document: Document
    report: tuple[Note, ...]
    state_dict: Mapping[str, Any]

    @property
    def opaque(self) -> tuple[Note, ...]:
        """What is said of modules that came in as blocks of Python."""
        return tuple(note for note in self.report if note.code == "opaque")


def from_module(module: nn.Module, inputs: Any = None, *, name: str | None = None) -> Document:
    """A document that builds a model with the same state-dict keys, shapes and outputs.

    `inputs` are what forward is called with once, to learn how many dimensions values have: a tensor, a tuple
    of arguments, or a dict of keyword arguments. The module's weights are not part of the document.
    ImportRefused for a module that cannot come in; what could not be drawn is a block of Python.
    """
    return import_module(module, inputs, name=name).document


def import_module(module: nn.Module, inputs: Any = None, *, name: str | None = None) -> ImportResult:
    """A module as `from_module` makes it, with what there is to say about it."""
    if not isinstance(module, nn.Module):
        raise ImportRefused(mark("{type} is not a torch.nn.Module."), type=type(module).__name__)
    return _import(Target(module), inputs, name)


def import_target(
    target: str,
    kwargs: Mapping[str, Any] | None = None,
    shapes: Sequence[Sequence[int] | Example] = (),
    *,
    folder: str = "",
) -> ImportResult:
    """The model that "MODULE:NAME" or "FILE.py:NAME" is, or makes when it is called with `kwargs`, or the one in a
    file that torch.export saved ("FILE.pt2").

    With the shapes of its inputs it is run once on random ones: floats, or if it refuses those, integers.
    Modules that are not installed are looked for in `folder`, or else in the current one. Runs code of the
    user's own; an interrupt passes through. The document keeps the report.
    """
    result = _of_target(target, kwargs or {}, shapes, folder)
    keep(result.document, ImportReport(_named(target), result.report))
    return result


def _named(target: str) -> str:
    """A target as a report names it: a file without its folders, which are nobody's business."""
    place, name = split_target(target)
    is_file = Path(place).suffix.lower() in (PROGRAM, PYTHON)
    return (f"{Path(place).name}:{name}" if name else Path(place).name) if is_file else target


def _of_target(
    target: str, kwargs: Mapping[str, Any], shapes: Sequence[Sequence[int] | Example], folder: str
) -> ImportResult:
    if Path(target).suffix.lower() == PROGRAM:
        return _assembled(*exported.load(target), None)
    made = make(target, kwargs, folder)
    if not shapes:
        return _import(made, None, None)
    examples = [shape if isinstance(shape, Example) else Example(tuple(shape)) for shape in shapes]
    try:
        return _import(made, tuple(map(example_tensor, examples)), None)
    except ImportRefused:
        if any(isinstance(shape, Example) for shape in shapes):
            raise
        try:
            integers = [evolve(example, dtype="int64", generator="zeros") for example in examples]
            return _import(made, tuple(map(example_tensor, integers)), None)
        except ImportRefused:
            pass
        raise


def _import(target: Target, inputs: Any, name: str | None) -> ImportResult:
    return _assembled(target, Inputs.of(target.module, inputs), name)


def _assembled(target: Target, given: Inputs, name: str | None) -> ImportResult:
    module = target.module
    try:
        session = Session(Tree(module), target, given.observed)
        with session.opened():
            root = session.block(module, given.signature, root=True)
        kind = type(module)
        own = kind.__name__ if not kind.__module__.startswith("torch.nn.") else "Net"
        assembler = Assembler(session, root, class_name(name or own, ()))
        document = assembler.assemble()
        report = tuple(assembler.notes())
        missed = freeze(document, module)
    except RecursionError as error:
        raise ImportRefused(mark("The module is nested too deep.")) from error
    if missed:
        report += (Note("frozen", "", {"names": ", ".join(missed)}),)
    given.describe(document, root.inputs, module)
    return ImportResult(document, report, module.state_dict() if _is_lazy(module) else cpu_state(module))


def _is_lazy(module: nn.Module) -> bool:
    return any(is_lazy(tensor) for tensor in (*module.parameters(), *module.buffers()))
