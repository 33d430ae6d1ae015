"""One walk over a program, node by node, with steps to override: how a model runs when every value matters.

`Interpreter` walks; `recorder.py` walks a built model and keeps what flows on every edge; `shapes.py` walks
without values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field, frozen
from torch import Tensor, nn

from blockstudio.catalog.ports import INPUT, node_ports
from blockstudio.compiler import ir
from blockstudio.compiler.ir import Value
from blockstudio.errors import RunError, mark
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import BOUNDARY
from blockstudio.runtime.steps import CALLEE, MISSING, defaults, evaluate, perform

Environment = dict[Value, Any]


@frozen(eq=False)
class Frame:
    """One application of a definition. `owner` is the module itself, where there is one."""

    module: ir.Module
    owner: Any
    hypers: Mapping[str, Any]
    """The values of the hyper-parameters."""
    rounds: Mapping[str, int]
    """The numbers of the rounds of the loops around, by their index names."""
    first: Any = None
    """The first input: what "the model's device" means."""
    me: Self = field(init=False)
    """What `self` is in run text."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "me", Self(self.owner, self.hypers))

    def round(self, index: str, number: int) -> Frame:
        """The same in a round of a loop."""
        return evolve(self, rounds={**self.rounds, index: number})

    @property
    def made(self) -> dict[str, Any]:
        """What names mean in made text."""
        return {**self.hypers, **self.rounds}

    @property
    def run(self) -> dict[str, Any]:
        """What names mean in run text."""
        return {**self.rounds, "self": self.me}


class Self:
    """A module with all its hyper-parameters: the generated class keeps only those that its methods use.

    One that it does not keep may have the name of a member, which is then what the name means.
    """

    def __init__(self, owner: Any, hypers: Mapping[str, Any]) -> None:
        self._owner = owner
        self._hypers = hypers

    def __getattr__(self, name: str) -> Any:
        hypers = object.__getattribute__(self, "_hypers")
        owner = object.__getattribute__(self, "_owner")
        if name in hypers and not _is_member(owner, name):
            return hypers[name]
        return getattr(owner, name)

    def __getitem__(self, index: Any) -> Any:
        return object.__getattribute__(self, "_owner")[index]


def _is_member(owner: Any, name: str) -> bool:
    """Whether a module has a layer, parameter or buffer of that name."""
    return isinstance(owner, nn.Module) and any(
        name in members for members in (owner._modules, owner._parameters, owner._buffers)
    )


@define
class Member:
    """A child of a Sequential: where it comes from, how it is declared, and the module, where there is one."""

    place: ir.Declaration
    """What the child itself is: for a shared one, the use; `declaration` is then that of its owner."""
    declaration: ir.Declaration
    made: Any
    frame: Frame
    repeat: ir.RepeatDeclaration | None = None
    """The Repeat that it is a round of."""


class Interpreter:
    """Walks a program. Every value that flows is passed to `see`; the other methods are the steps."""

    def __init__(self, program: ir.Program, document: Document) -> None:
        self.program = program
        self.document = document
        self.at: ir.Origin | None = None
        """The step under way: where an exception came from."""

    def see(self, location: Location, node: str, port: str, value: Any, frame: Frame) -> None:
        """Told of the value of an output of a node, or at a border input (node "")."""

    # --- modules and blocks -----------------------------------------------------------------------

    def run_root(self, owner: Any, inputs: Sequence[Any]) -> list[Any]:
        """The outputs of the root for inputs in the order of its ports."""
        module = self.program.modules[self.program.root]
        if isinstance(module, ir.CodeModule):
            raise RunError(mark("The main block is written in Python, so there is no graph to follow."))
        return self.run_module(module, owner, defaults(module), inputs)

    def run_module(self, module: ir.Module, owner: Any, hypers: Mapping[str, Any], inputs: Sequence[Any]) -> list[Any]:
        """The outputs of an instance of a definition."""
        frame = Frame(module, owner, hypers, {}, inputs[0] if inputs else None)
        return self.run_block(module.forward, frame, inputs)

    def run_block(self, block: ir.Block, frame: Frame, inputs: Sequence[Any]) -> list[Any]:
        """The outputs of a block."""
        environment = self.walk(block, frame, inputs)
        return [self.output(output, environment, frame) for output in block.outputs]

    def walk(self, block: ir.Block, frame: Frame, inputs: Sequence[Any]) -> Environment:
        """Every value of a block."""
        environment: Environment = dict(zip(block.input_values(), inputs, strict=True))
        for value, found in environment.items():
            self.see(block.location, BOUNDARY, value.port, found, frame)
        for statement in block.statements:
            self.at = statement
            results = self.run_statement(statement, frame, environment)
            for value, found in zip(statement.results(), results, strict=True):
                environment[value] = found
                self.see(statement.location, statement.node, value.port, found, frame)
        return environment

    def output(self, output: ir.Output, environment: Environment, frame: Frame) -> Any:
        value = None if output.value is None else self.fetch(environment, output.value)
        return self.move(value, "", frame) if output.move else value

    def fetch(self, environment: Environment, value: Value) -> Any:
        """A value that was worked out before."""
        return environment[value]

    def run_statement(self, statement: ir.Statement, frame: Frame, environment: Environment) -> Sequence[Any]:
        """The results of a statement."""
        arguments = {port: self.fetch(environment, value) for port, value in statement.arguments.items()}
        for port, device in statement.moves.items():
            arguments[port] = self.move(arguments[port], device, frame)
        match statement:
            case ir.Bypass():
                return list(arguments.values())
            case ir.Compute():
                return self.run_function(statement, frame, arguments)
            case ir.Apply():
                return self.run_apply(statement, frame, arguments)
            case ir.Read():
                return self.run_read(statement, frame)
            case ir.WhileLoop():
                return self.run_while(statement, frame, list(arguments.values()))
            case ir.ForRange():
                return self.run_repeat(statement, frame, list(arguments.values()))
            case ir.IfElse():
                return self.run_if(statement, frame, list(arguments.values()))
        raise TypeError(type(statement).__name__)

    def move(self, value: Any, device: str, frame: Frame) -> Any:
        """A value on another device: "" is that of the definition's first input."""
        return value.to(device or frame.first.device) if isinstance(value, Tensor) else value

    # --- single steps -------------------------------------------------------------------------------

    def run_function(self, statement: ir.Compute, frame: Frame, arguments: Mapping[str, Any]) -> Sequence[Any]:
        return perform(statement, "", frame.run, arguments)

    def run_read(self, statement: ir.Read, frame: Frame) -> Sequence[Any]:
        return [evaluate(statement.source, frame.run)]

    def run_apply(self, statement: ir.Apply, frame: Frame, arguments: Mapping[str, Any]) -> Sequence[Any]:
        """A module applied: a layer, an instance, or a Sequential."""
        declaration = frame.module.by_node[statement.owner, statement.layer]
        made = self.reach(statement.callee, frame)
        match declaration:
            case ir.InstanceDeclaration() if isinstance(self.program.modules[declaration.definition], ir.Module):
                given = [arguments.get(port, MISSING) for port in statement.ports]
                return self.run_instance(declaration, made, frame, given)
            case ir.SequentialDeclaration():
                return [self.run_sequential(declaration, made, frame, next(iter(arguments.values())))]
        return self.run_layer(statement, declaration, made, frame, arguments)

    def reach(self, source: str, frame: Frame) -> Any:
        """The module that a source names."""
        return evaluate(source, frame.run)

    def run_layer(
        self, statement: ir.Apply, declaration: ir.Declaration, made: Any, frame: Frame, arguments: Mapping[str, Any]
    ) -> Sequence[Any]:
        """A layer of torch, or a block written in Python."""
        return perform(statement, CALLEE, {**frame.run, CALLEE: made}, arguments)

    def run_instance(
        self, declaration: ir.InstanceDeclaration, made: Any, frame: Frame, inputs: Sequence[Any]
    ) -> Sequence[Any]:
        """An instance of a definition; inputs that are not given are `MISSING`."""
        module = self.program.modules[declaration.definition]
        assert isinstance(module, ir.Module)
        given = [
            evaluate(argument.default, {}) if value is MISSING else value
            for argument, value in zip(module.forward.inputs, inputs, strict=True)
        ]
        return self.run_module(module, made, self.hypers(module, declaration, frame), given)

    def hypers(self, module: ir.Module, declaration: ir.InstanceDeclaration, frame: Frame) -> dict[str, Any]:
        """The hyper-parameters of an instance."""
        made = frame.made
        return defaults(module) | {name: evaluate(source, made) for name, source in declaration.values.items()}

    # --- Sequential ---------------------------------------------------------------------------------

    def run_sequential(self, declaration: ir.SequentialDeclaration, made: Any, frame: Frame, value: Any) -> Any:
        """What comes out of a Sequential."""
        self.see_entry(declaration, value, frame)
        for member in self.members(declaration, made, frame):
            self.at = member.place
            if member.repeat is not None:
                self.see_entry(member.repeat, value, member.frame)
            value = self.run_member(member, value)
            self.see(member.place.location, member.place.node, self.port_of(member.place), value, frame)
            if member.repeat is not None:
                self.see(member.repeat.location, member.repeat.node, self.port_of(member.repeat), value, frame)
        return value

    def see_entry(self, declaration: ir.Declaration, value: Any, frame: Frame) -> None:
        """What flows into the body of a Sequential, or of a Repeat in one."""
        inside = declaration.location.enter(declaration.node, "body")
        inputs = self.document.graph(inside).inputs
        self.see(inside, BOUNDARY, inputs[0].name if inputs else INPUT, value, frame)

    def run_member(self, member: Member, value: Any) -> Any:
        declaration = member.declaration
        match declaration:
            case ir.InstanceDeclaration():
                module = self.program.modules[declaration.definition]
                if isinstance(module, ir.Module):
                    rest = [MISSING] * (len(module.forward.inputs) - 1)
                    return self.run_instance(declaration, member.made, member.frame, [value, *rest])[0]
            case ir.SequentialDeclaration():
                return self.run_sequential(declaration, member.made, member.frame, value)
        entry = declaration.entry if isinstance(declaration, ir.LayerDeclaration) else None
        port = entry.inputs[0].name if entry else "input"
        call = ir.Apply(
            location=member.place.location,
            node=member.place.node,
            arguments={port: Value(BOUNDARY, port)},
            outputs=(self.port_of(member.place),),
            layer=declaration.name,
            owner=member.place.location,
            callee="",
            ports=(port,),
            entry=entry,
        )
        return self.run_layer(call, declaration, member.made, member.frame, {port: value})[0]

    def members(self, declaration: ir.SequentialDeclaration, made: Any, frame: Frame) -> Iterator[Member]:
        """The children of a Sequential in the order they run, Repeats written out round by round."""
        modules = iter(made) if made is not None else None
        owners: dict[str, ir.Declaration] = {}

        def following() -> Any:
            return next(modules) if modules is not None else None

        for child in declaration.children:
            owners[child.node] = child
            if not isinstance(child, ir.RepeatDeclaration):
                yield self._member(child, following(), frame, owners)
                continue
            inner = iter(following()) if declaration.named and modules is not None else modules
            for number in range(self.rounds_of(child.count, frame)):
                one = next(inner) if inner is not None else None
                here = frame.round(child.index, number)
                yield evolve(self._member(child.body, one, here, owners), repeat=child)

    def _member(self, child: ir.Declaration, made: Any, frame: Frame, owners: Mapping[str, ir.Declaration]) -> Member:
        declaration = child
        while isinstance(declaration, ir.SharedDeclaration):
            if declaration.source:
                declaration = frame.module.by_node[declaration.owner_location, declaration.owner_node]
            else:
                declaration = owners[declaration.owner_node]
        return Member(child, declaration, made, frame)

    def rounds_of(self, count: str, frame: Frame) -> int:
        """The number of rounds of a Repeat in a Sequential (made text)."""
        return int(evaluate(count, frame.made))

    def port_of(self, declaration: ir.Declaration) -> str:
        """The name of the output of a child of a Sequential."""
        node = self.document.graph(declaration.location).nodes[declaration.node]
        return node_ports(self.document, declaration.location, node).outputs[0].name

    # --- control flow -------------------------------------------------------------------------------

    def run_while(self, statement: ir.WhileLoop, frame: Frame, values: list[Any]) -> Sequence[Any]:
        while self.truth(statement.condition, frame, values):
            values = self.run_round(statement.body, frame, values)
        return values

    def run_repeat(self, statement: ir.ForRange, frame: Frame, values: list[Any]) -> Sequence[Any]:
        for number in range(evaluate(statement.count, frame.run)):
            values = self.run_round(statement.body, frame.round(statement.index, number), values)
        return values

    def run_round(self, body: ir.Block, frame: Frame, values: Sequence[Any]) -> list[Any]:
        """One round of a loop: what the inputs of the next are."""
        environment = self.walk(body, frame, values)
        carried = []
        for position in range(len(values)):
            value = self.fetch(environment, body.carried(position))
            is_moved = position < len(body.outputs) and body.outputs[position].move
            carried.append(self.move(value, "", frame) if is_moved else value)
        return carried

    def run_if(self, statement: ir.IfElse, frame: Frame, values: list[Any]) -> Sequence[Any]:
        if statement.static:
            holds = bool(evaluate(statement.static, frame.run))
        else:
            holds = self.truth(statement.condition, frame, values)
        return self.run_block(statement.then if holds else statement.otherwise, frame, values)

    def truth(self, condition: ir.Block, frame: Frame, values: Sequence[Any]) -> bool:
        """Whether a condition holds."""
        return bool(self.run_block(condition, frame, values)[0])
