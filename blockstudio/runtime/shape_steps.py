"""Single steps on the meta device, each worked out once for the same source, values and input shapes."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from attrs import Factory, define
from torch import nn

from blockstudio.catalog.spec import Entry
from blockstudio.compiler import ir, snippets
from blockstudio.errors import mark
from blockstudio.graph.model import Example
from blockstudio.runtime.abstract import DATA, UNSUPPORTED, Abstract, Known, Unknown, on_meta
from blockstudio.runtime.custom import CustomCode
from blockstudio.runtime.interpreter import Frame
from blockstudio.runtime.misfits import Fault, explain, foreseen, lacks_kernel, needs_data
from blockstudio.runtime.parameters import is_lazy
from blockstudio.runtime.refusals import layer_refused
from blockstudio.runtime.steps import CALLEE, compiled, evaluate, perform, step_source
from blockstudio.runtime.trial import Trial

MOST_STEPS = 50_000

Results = tuple[Abstract, ...]


@define
class Steps:
    """The caches of all walks. What is kept is never changed: modules and tensors without numbers."""

    code: CustomCode = Factory(CustomCode)
    names_used: set[str] = Factory(set)
    """The names of rounds that expressions used since it was last cleared."""
    _results: dict[Hashable, Results | Fault] = Factory(dict)
    _layers: dict[Hashable, nn.Module | Fault] = Factory(dict)
    _sources: dict[Hashable, str] = Factory(dict)
    _files: dict[Hashable, Known] = Factory(dict)

    def trim(self) -> None:
        """Forget everything once it has become much."""
        if len(self._results) > MOST_STEPS:
            for kept in (self._results, self._layers, self._sources, self._files):
                kept.clear()

    # --- expressions ------------------------------------------------------------------------------

    def values_of(self, source: str, frame: Frame) -> tuple[Hashable, ...]:
        """What hyper-parameters and numbers of rounds stand for in a source (an expression)."""
        return self._used(compiled(source, "eval").co_names, frame)

    def _used(self, names: Sequence[str], frame: Frame) -> tuple[Hashable, ...]:
        if not names or not (frame.hypers or frame.rounds):
            return ()
        found: list[Hashable] = []
        for name in names:
            if name in frame.rounds:
                self.names_used.add(name)
                found.append((name, frame.rounds[name]))
            elif name in frame.hypers:
                found.append((name, repr(frame.hypers[name])))
        return tuple(found)

    def evaluated(self, source: str, frame: Frame, *, made: bool) -> Any:
        """The value of made or run text."""
        self.values_of(source, frame)
        return evaluate(source, frame.made if made else frame.run)

    def constant(self, source: str, frame: Frame) -> Results | Fault:
        """The value of a constant or parameter (made text)."""
        key = ("value", source, self.values_of(source, frame))
        found = self._results.get(key)
        if found is None:
            try:
                found = (Known(on_meta(evaluate(source, frame.made))),)
            except Exception as error:
                found = _failed(error, 1) or explain(error, None, None, {})
            self._results[key] = found
        return found

    # --- functions and layers -----------------------------------------------------------------------

    def call(self, statement: ir.Compute, frame: Frame, arguments: Mapping[str, Abstract]) -> Results | Fault:
        """The results of a function."""
        return self._step(statement, "", None, (), frame, arguments)

    def apply(
        self, statement: ir.Apply, declaration: ir.Declaration, frame: Frame, arguments: Mapping[str, Abstract]
    ) -> Results | Fault:
        """The results of a layer."""
        source = self._constructor(declaration)
        key = (source, self.values_of(source, frame))
        layer = self._layers.get(key)
        if layer is None:
            layer = self._made(source, frame)
            # A lazy layer becomes another one when it is first used: it is made each time.
            if isinstance(layer, Fault) or not any(map(is_lazy, layer.parameters())):
                self._layers[key] = layer
        if isinstance(layer, Fault):
            return layer
        return self._step(statement, CALLEE, layer, key, frame, arguments)

    def _made(self, source: str, frame: Frame) -> nn.Module | Fault:
        try:
            layer = evaluate(source, frame.made)
            assert isinstance(layer, nn.Module)
            return layer.eval()
        except Exception as error:
            refused = layer_refused(str(error), source)
            if refused is not None:
                return Fault("layer-failed", *refused)
            lines = str(error).strip().splitlines()
            reason = lines[0] if lines else type(error).__name__
            return Fault("layer-failed", mark("It cannot be made: {reason}"), {"reason": reason})

    def _step(
        self,
        statement: ir.Compute | ir.Apply,
        callee: str,
        layer: nn.Module | None,
        layer_key: Hashable,
        frame: Frame,
        arguments: Mapping[str, Abstract],
    ) -> Results | Fault:
        unknown = first_unknown(arguments.values())
        if unknown is not None:
            return (unknown,) * len(statement.outputs)
        source = self._source(statement, arguments, callee)
        used = self._used(compiled(source, "exec").co_names, frame)
        key = (source, used, layer_key, *(value.key for value in arguments.values()))
        found = self._results.get(key)
        if found is None:
            found = self._perform(statement, callee, layer, frame, arguments)
            self._results[key] = found
        return found

    def _perform(
        self,
        statement: ir.Compute | ir.Apply,
        callee: str,
        layer: nn.Module | None,
        frame: Frame,
        arguments: Mapping[str, Abstract],
    ) -> Results | Fault:
        given = {port: value.fresh() for port, value in arguments.items() if isinstance(value, Known)}
        fault = foreseen(statement.entry, layer, given)
        if fault is not None:
            return fault
        trial = Trial(statement, frame.run, layer, given)
        try:
            names = {**frame.run, CALLEE: layer} if callee else frame.run
            results: Results = tuple(map(Known, perform(statement, callee, names, given)))
        except Exception as error:
            unknown = _failed(error, len(statement.outputs))
            if unknown is None:
                return explain(error, statement.entry, layer, given)
            results = trial.results() or unknown
        objection = trial.objection()
        return results if objection is None else explain(objection, statement.entry, layer, given)

    def _source(self, statement: ir.Compute | ir.Apply, arguments: Mapping[str, Abstract], callee: str) -> str:
        entry: Entry | None = statement.entry
        given = tuple(arguments)
        what = entry.type if entry is not None else statement.ports if isinstance(statement, ir.Apply) else ""
        key = (what, callee, given, statement.outputs, tuple(statement.options.items()))
        source = self._sources.get(key)
        if source is None:
            source = self._sources[key] = step_source(statement, given, callee)
        return source

    def _constructor(self, declaration: ir.Declaration) -> str:
        if not isinstance(declaration, ir.LayerDeclaration):
            return snippets.constructor(declaration)
        key = (declaration.entry.type, tuple(declaration.options.items()))
        source = self._sources.get(key)
        if source is None:
            source = self._sources[key] = snippets.constructor(declaration)
        return source

    # --- Python of the user's own -------------------------------------------------------------------

    def apply_code(
        self,
        program: ir.Program,
        statement: ir.Apply,
        declaration: ir.InstanceDeclaration,
        frame: Frame,
        arguments: Mapping[str, Abstract],
    ) -> Results | Fault:
        """The results of a block written in Python."""
        unknown = first_unknown(arguments.values())
        if unknown is not None:
            return (unknown,) * len(statement.outputs)
        namespace = self.code.namespace(program)
        if namespace.fault is not None:
            return namespace.fault
        source = snippets.constructor(declaration)
        used = self.values_of(source, frame)
        inputs = [(port, value.key) for port, value in arguments.items()]
        key = (namespace.key, source, used, tuple(inputs), statement.outputs)
        found = self._results.get(key)
        if found is None:
            found = self._results[key] = self._run_code(statement, declaration.definition, source, frame, arguments)
        return found

    def _run_code(
        self, statement: ir.Apply, name: str, source: str, frame: Frame, arguments: Mapping[str, Abstract]
    ) -> Results | Fault:
        given = {port: value.fresh() for port, value in arguments.items() if isinstance(value, Known)}
        classes = self.code.classes

        def work() -> list[Any]:
            module = evaluate(source, {**classes, **frame.made})
            if isinstance(module, nn.Module):
                module.eval()
            return perform(statement, CALLEE, {**frame.run, CALLEE: module}, given)

        try:
            results = self.code.guarded(name, work)
        except Exception as error:
            unknown = _failed(error, len(statement.outputs))
            assert unknown is not None  # others are faults
            return unknown
        if isinstance(results, Fault):
            return results
        if any(result is None for result in results):
            template = mark("“{name}” returns nothing; its forward must return a tensor.")
            return Fault("code-returns", template, {"name": name})
        return tuple(map(Known, results))

    # --- files --------------------------------------------------------------------------------------

    def file(self, example: Example, read: Callable[[], Known]) -> Known:
        """The tensor of a file, read once for each version of it."""
        try:
            status = os.stat(example.file)
        except OSError:
            return read()
        key = (example.file, example.key, status.st_mtime_ns, status.st_size)
        if key not in self._files:
            self._files[key] = read()
        return self._files[key]


def _failed(error: Exception, count: int) -> Results | None:
    """What is known of results that only numbers could tell; None where the step would fail in a run too."""
    if needs_data(error):
        return (DATA,) * count
    return (UNSUPPORTED,) * count if lacks_kernel(error) else None


def first_unknown(values: Any) -> Unknown | None:
    """The first of some values that is not known."""
    return next((value for value in values if isinstance(value, Unknown)), None)
