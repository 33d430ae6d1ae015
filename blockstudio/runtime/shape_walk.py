"""The walk that finds shapes: a fault at one node leaves the rest as it is."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import eq
from time import thread_time
from types import SimpleNamespace
from typing import Any, Literal

from attrs import evolve
from torch import Tensor

from blockstudio.compiler import ir
from blockstudio.compiler.ir import Value
from blockstudio.engine.protocol import PortShape, Problem, TensorShape
from blockstudio.errors import mark
from blockstudio.graph.control_commands import TRAINING
from blockstudio.graph.document import Document, Location
from blockstudio.runtime.abstract import DATA, LOOP, UNKNOWN, UNTRUSTED, Abstract, Known, Unknown, in_words
from blockstudio.runtime.interpreter import Environment, Frame, Interpreter, Member
from blockstudio.runtime.misfits import Fault
from blockstudio.runtime.shape_steps import Results, Steps, first_unknown
from blockstudio.runtime.steps import MISSING, defaults, evaluate

EVALUATING = SimpleNamespace(training=False)
"""Stands for a module in run text, in a walk in training too: BatchNorm refuses there what may be fine in a run."""

MOST_ROUNDS = 1000
SECONDS = 3.0
"""What a walk may take of the processor; whatever it has not reached by then is not known."""


class Found:
    """What walks find: of each place the first shape, and the first problem of a kind, that is `meant`, or else the
    first; and in words which other shapes there are."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[str, str], TensorShape] = {}
        self._words: dict[tuple[str, str], str] = {}
        self._meant: set[tuple[str, str]] = set()
        self._others: dict[tuple[str, str], dict[str, None]] = {}
        self.problems: dict[tuple[str, str], Problem] = {}

    def see(self, path: str, port: str, value: Abstract, meant: bool = False) -> None:
        if isinstance(value, Known):
            shape = value.shape
        elif value.text:
            shape = TensorShape(None, text=value.text)
        else:
            return
        place = path, port
        first = self._shapes.get(place)
        if first == shape:
            if meant:
                self._meant.add(place)
            return
        words = in_words(value.value) if isinstance(value, Known) else ""
        if first is None or (meant and place not in self._meant) or (first.shape is None and words):
            other, self._shapes[place], self._words[place] = self._words.get(place, ""), shape, words
            if meant:
                self._meant.add(place)
        else:
            other = words
        if other and first is not None and first.shape is not None:
            self._others.setdefault(place, {})[other] = None

    def blame(
        self, path: str, fault: Fault, severity: Literal["error", "warning", "info"] = "error", meant: bool = False
    ) -> None:
        problem = Problem(fault.code, severity, path, fault.template, dict(fault.facts), fault.detail)
        place = path, fault.code
        if place not in self.problems or (meant and place not in self._meant):
            self.problems[place] = problem
        if meant:
            self._meant.add(place)

    def port_shapes(self) -> tuple[PortShape, ...]:
        """The shapes; where another use has others, they are in `text`."""
        rows = []
        for (path, port), shape in self._shapes.items():
            others = self._others.get((path, port), {})
            shown = [text for text in others if text != self._words[path, port]]
            if shown and shape.shape is not None:
                shape = evolve(shape, text=", ".join(shown[:3]) + (", …" if len(shown) > 3 else ""))
            rows.append(PortShape(path, port, shape))
        return tuple(rows)


class Blame(Exception):
    """Carries a fault to the step it belongs to."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class Walk(Interpreter):
    """One walk over a program, from one root, in a mode."""

    def __init__(
        self,
        program: ir.Program,
        document: Document,
        steps: Steps,
        found: Found,
        trusted: bool,
        training: bool = False,
        wanted: Sequence[str] = (),
    ) -> None:
        super().__init__(program, document)
        self.training = training
        self.steps = steps
        self.found = found
        self.trusted = trusted
        self._muted = 0
        self._within: list[str] = []
        """The paths of the instances around, outermost first."""
        self._wanted = list(wanted)
        """Those whose inside is to be shown as they have it."""
        self._meant = False
        self._paths: dict[tuple[Location, str], str] = {}
        self._ports: dict[tuple[Location, str], str] = {}
        self._done: dict[Hashable, Sequence[Abstract]] = {}
        self._deadline = thread_time() + SECONDS

    def run(self, inputs: Sequence[Abstract]) -> None:
        module = self.program.modules.get(self.program.root)
        if isinstance(module, ir.Module):
            self.run_module(module, EVALUATING, defaults(module), inputs)

    # --- what is found ----------------------------------------------------------------------------

    def see(self, location: Location, node: str, port: str, value: Any, frame: Frame) -> None:
        self.found.see(self._path(location, node), port, value, self._meant)

    def blame(self, origin: ir.Origin, fault: Fault, severity: Literal["error", "warning", "info"] = "error") -> None:
        if not self._muted:
            if self._within:
                fault = evolve(fault, facts={**fault.facts, "within": list(self._within)})
            self.found.blame(self._path(origin.location, origin.node), fault, severity, self._meant)

    @contextmanager
    def muted(self, mute: bool = True) -> Iterator[None]:
        """Within it, faults are of no interest: what is walked is only shown, and does not run."""
        self._muted += mute
        try:
            yield
        finally:
            self._muted -= mute

    def _path(self, location: Location, node: str) -> str:
        key = (location, node)
        path = self._paths.get(key)
        if path is None:
            path = self._paths[key] = location.path(node)
        return path

    def port_of(self, declaration: ir.Declaration) -> str:
        key = (declaration.location, declaration.node)
        if key not in self._ports:
            self._ports[key] = super().port_of(declaration)
        return self._ports[key]

    # --- statements -------------------------------------------------------------------------------

    def fetch(self, environment: Environment, value: Value) -> Any:
        return environment.get(value, UNKNOWN)

    def output(self, output: ir.Output, environment: Environment, frame: Frame) -> Any:
        return UNKNOWN if output.value is None else self.fetch(environment, output.value)

    def move(self, value: Any, device: str, frame: Frame) -> Any:
        return value

    def run_statement(self, statement: ir.Statement, frame: Frame, environment: Environment) -> Sequence[Any]:
        try:
            if thread_time() > self._deadline:
                return [UNKNOWN] * len(statement.outputs)
            return super().run_statement(statement, frame, environment)
        except Exception as error:
            self._raised(statement, error)
        return [UNKNOWN] * len(statement.outputs)

    def run_member(self, member: Member, value: Any) -> Any:
        try:
            return super().run_member(member, value)
        except Exception as error:
            self._raised(member.place, error)
        return UNKNOWN

    def _raised(self, origin: ir.Origin, error: Exception) -> None:
        if isinstance(error, Blame):
            self.blame(origin, error.fault)
        elif not isinstance(error, NameError):
            # A name without a value is a hyper-parameter without a default: nothing is known here.
            reason = f"{type(error).__name__}: {error}".strip().splitlines()[0]
            self.blame(origin, Fault("step-failed", mark("It does not work: {reason}"), {"reason": reason}))

    @staticmethod
    def _results(found: Results | Fault) -> Results:
        if isinstance(found, Fault):
            raise Blame(found)
        return found

    def run_function(self, statement: ir.Compute, frame: Frame, arguments: Mapping[str, Any]) -> Sequence[Any]:
        if statement.entry.type == TRAINING:
            return [Known(self.training)]
        return self._results(self.steps.call(statement, frame, arguments))

    def run_read(self, statement: ir.Read, frame: Frame) -> Sequence[Any]:
        declaration = frame.module.by_node[statement.location, statement.node]
        assert isinstance(declaration, ir.BufferDeclaration | ir.ParameterDeclaration)
        return self._results(self.steps.constant(declaration.value, frame))

    def reach(self, source: str, frame: Frame) -> Any:
        return None

    def run_layer(
        self, statement: ir.Apply, declaration: ir.Declaration, made: Any, frame: Frame, arguments: Mapping[str, Any]
    ) -> Sequence[Any]:
        if not isinstance(declaration, ir.InstanceDeclaration):
            return self._results(self.steps.apply(statement, declaration, frame, arguments))
        if not self.trusted:
            template = mark("Its shapes are known once the Python in this document is allowed to run.")
            self.blame(statement, Fault("code-untrusted", template), "info")
            return [UNTRUSTED] * len(statement.outputs)
        return self._results(self.steps.apply_code(self.program, statement, declaration, frame, arguments))

    # --- instances --------------------------------------------------------------------------------

    def run_instance(
        self, declaration: ir.InstanceDeclaration, made: Any, frame: Frame, inputs: Sequence[Any]
    ) -> Sequence[Any]:
        module = self.program.modules[declaration.definition]
        assert isinstance(module, ir.Module)
        hypers = self.hypers(module, declaration, frame)
        given = [
            self._default(argument) if value is MISSING else value
            for argument, value in zip(module.forward.inputs, inputs, strict=True)
        ]
        self._within.append(self._path(declaration.location, declaration.node))
        before, self._meant = self._meant, self._is_meant()
        state = bool(self._muted), self._meant
        key = (module.name, repr(sorted(hypers.items())), *(value.key for value in given), *state)
        try:
            outputs = self._done.get(key)
            if outputs is None:
                outputs = self._done[key] = self.run_module(module, EVALUATING, hypers, given)
        finally:
            self._within.pop()
            self._meant = before
        return outputs

    def _is_meant(self) -> bool:
        """On the way to what is shown, or inside it."""
        return bool(self._wanted) and all(map(eq, self._within, self._wanted))

    def hypers(self, module: ir.Module, declaration: ir.InstanceDeclaration, frame: Frame) -> dict[str, Any]:
        given = {name: self.steps.evaluated(source, frame, made=True) for name, source in declaration.values.items()}
        return defaults(module) | given

    def _default(self, argument: ir.Argument) -> Abstract:
        return Known(evaluate(argument.default, {})) if argument.default else UNKNOWN

    def rounds_of(self, count: str, frame: Frame) -> int:
        return min(MOST_ROUNDS, int(self.steps.evaluated(count, frame, made=True)))

    # --- control flow -----------------------------------------------------------------------------

    def run_while(self, statement: ir.WhileLoop, frame: Frame, values: list[Any]) -> Sequence[Any]:
        for number in range(MOST_ROUNDS):
            holds = self._condition(statement, statement.condition, frame, values)
            if holds is None:
                after = self.run_round(statement.body, frame, values)
                return self._once_round(statement, values, after)
            if not holds:
                if not number:
                    with self.muted():
                        self.run_round(statement.body, frame, values)
                return values
            values = self.run_round(statement.body, frame, values)
        return [UNKNOWN] * len(values)

    def _condition(self, statement: ir.Statement, block: ir.Block, frame: Frame, values: Sequence[Any]) -> bool | None:
        """What a condition gives where shapes alone decide it; None where numbers do."""
        found = self.run_block(block, frame, values)[0]
        if not isinstance(found, Known):
            return None
        if not isinstance(found.value, Tensor):
            return bool(found.value)
        if found.value.numel() != 1:
            template = mark("The condition gives {shape}; it must be a single value.")
            self.blame(statement, Fault("condition-shape", template, {"shape": in_words(found.value)}))
        return None

    def _once_round(self, statement: ir.WhileLoop, before: Sequence[Any], after: Sequence[Any]) -> list[Any]:
        """What comes out of a loop that is left after nobody knows how many rounds."""
        results: list[Any] = []
        for port, old, new in zip(statement.outputs, before, after, strict=True):
            if isinstance(old, Unknown) or isinstance(new, Unknown):
                results.append(old if isinstance(old, Unknown) else new)
            elif alike(old, new):
                results.append(old)
            else:
                template = mark("“{port}” goes from {before} to {after} in a round, so what comes out is not known.")
                facts = {"port": port, "before": in_words(old.value), "after": in_words(new.value)}
                self.blame(statement, Fault("loop-shape", template, facts), "warning")
                results.append(LOOP)
        return results

    def run_repeat(self, statement: ir.ForRange, frame: Frame, values: list[Any]) -> Sequence[Any]:
        count = self.steps.evaluated(statement.count, frame, made=False)
        used = self.steps.names_used
        for number in range(min(count, MOST_ROUNDS)):
            outer = set(used)
            used.clear()
            after = self.run_round(statement.body, frame.round(statement.index, number), values)
            is_same = statement.index not in used and all(map(alike, values, after))
            used |= outer
            values = after
            if is_same:
                break
        if count <= 0:
            with self.muted():
                self.run_round(statement.body, frame.round(statement.index, 0), values)
        return values

    def run_if(self, statement: ir.IfElse, frame: Frame, values: list[Any]) -> Sequence[Any]:
        if statement.static:
            holds: bool | None = bool(self.steps.evaluated(statement.static, frame, made=False))
            with self.muted():
                self.run_block(statement.condition, frame, values)
        else:
            holds = self._condition(statement, statement.condition, frame, values)
        with self.muted(holds is False):
            then = self.run_block(statement.then, frame, values)
        with self.muted(holds is True):
            otherwise = self.run_block(statement.otherwise, frame, values)
        if holds is not None:
            return then if holds else otherwise
        both = zip(statement.outputs, then, otherwise, strict=True)
        return [self._either(statement, port, first, second) for port, first, second in both]

    def _either(self, statement: ir.IfElse, port: str, then: Any, otherwise: Any) -> Abstract:
        unknown = first_unknown((then, otherwise))
        if unknown is not None:
            return unknown
        if alike(then, otherwise):
            return then
        template = mark("“{port}” is {then} or {otherwise}, depending on the data.")
        facts = {"port": port, "then": in_words(then.value), "otherwise": in_words(otherwise.value)}
        self.blame(statement, Fault("branch-shape", template, facts), "info")
        return DATA


def modes(program: ir.Program) -> tuple[bool, ...]:
    """The modes to walk a program in: evaluation, and training where something asks for the mode."""
    modules = [module for module in program.modules.values() if isinstance(module, ir.Module)]
    statements = (statement for module in modules for _, statement in module.forward.walk())
    asks = any(isinstance(statement, ir.Compute) and statement.entry.type == TRAINING for statement in statements)
    return (False, True) if asks else (False,)


def alike(a: Abstract, b: Abstract) -> bool:
    """Whether two values cannot be told apart by what is shown of them."""
    if isinstance(a, Known) and isinstance(b, Known) and isinstance(a.value, Tensor) and isinstance(b.value, Tensor):
        return a.shape == b.shape
    return a.key == b.key
