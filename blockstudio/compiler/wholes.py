"""What is nothing but a chain of modules: Repeats of equal ones, called as one nn.Sequential, and whole blocks."""

from __future__ import annotations

import re

from attrs import evolve, frozen

from blockstudio.compiler import ir
from blockstudio.compiler.ir import Value
from blockstudio.graph.model import BOUNDARY


@frozen(kw_only=True)
class Whole(ir.Apply):
    """All rounds of a Repeat as one call; `inner` is the call of a round."""

    inner: ir.Apply


def condensed(module: ir.Module) -> ir.Module:
    """The module with such Repeats as single calls."""
    return evolve(module, forward=_condensed(module.forward, module))


def whole_layers(module: ir.Module) -> set[str]:
    """The declarations that a condensed module calls as a whole."""
    return {statement.layer for _, statement in module.forward.walk() if isinstance(statement, Whole)}


def _condensed(block: ir.Block, module: ir.Module) -> ir.Block:
    return evolve(block, statements=tuple(_statement(statement, module) for statement in block.statements))


def _statement(statement: ir.Statement, module: ir.Module) -> ir.Statement:
    match statement:
        case ir.WhileLoop():
            condition, body = _condensed(statement.condition, module), _condensed(statement.body, module)
            return evolve(statement, condition=condition, body=body)
        case ir.IfElse():
            then, otherwise = _condensed(statement.then, module), _condensed(statement.otherwise, module)
            return evolve(statement, condition=_condensed(statement.condition, module), then=then, otherwise=otherwise)
        case ir.ForRange():
            return _whole(statement, module) or evolve(statement, body=_condensed(statement.body, module))
    return statement


def _whole(statement: ir.ForRange, module: ir.Module) -> Whole | None:
    inner = _single(statement)
    round_number = f"[{statement.index}]"
    if inner is None or not inner.callee.endswith(round_number) or inner.callee == f"self{round_number}":
        return None
    declaration = module.by_node.get((inner.owner, inner.layer))
    if declaration is None or declaration.device or declaration.chosen:
        return None
    port = inner.ports[0]
    moves = {port: ""} if statement.moves else {}
    return Whole(
        location=statement.location,
        node=statement.node,
        comment=statement.comment,
        arguments={port: next(iter(statement.arguments.values()))},
        outputs=statement.outputs,
        moves=moves,
        layer=inner.layer,
        owner=inner.owner,
        callee=inner.callee.removesuffix(round_number),
        ports=inner.ports[:1],
        inner=inner,
    )


@frozen
class Members:
    """A loop over the members of one list: `for block in self.blocks`."""

    source: str
    index: str
    body: ir.Block

    @property
    def singular(self) -> str:
        """A name for one of them."""
        name = self.source.rpartition(".")[2]
        if not name.isidentifier() or name == "self":
            return "layer"
        return name[:-1] if name.endswith("s") and len(name) > 3 and not name.endswith("ss") else name

    def block(self, name: str) -> ir.Block:
        """The body, with a variable for the member of the round."""
        return _renamed(self.body, f"{self.source}[{self.index}]", name)


def over_members(statement: ir.ForRange) -> Members | None:
    """The loop over a list that a Repeat is, where it needs the number of the round for nothing else."""
    if statement.shared:
        return None
    word = re.compile(rf"\b{re.escape(statement.index)}\b")
    sources = set()
    guarded = {
        id(inner)
        for _, branch in statement.body.walk()
        if isinstance(branch, ir.IfElse) and branch.static
        for block in branch.blocks()
        for _, inner in block.walk()
    }
    for _, inner in statement.body.walk():
        match inner:
            case ir.Apply():
                reached, others = inner.callee, [str(value) for value in inner.options.values()]
            case ir.Read():
                reached, others = inner.source, []
            case ir.Compute():
                reached, others = "", [str(value) for value in inner.options.values()]
            case ir.ForRange():
                reached, others = "", [inner.count]
            case _:
                reached, others = "", []
        if any(map(word.search, others)):
            return None
        if word.search(reached):
            # What stands in a branch that is chosen when the module is built may not exist.
            if not reached.endswith(f"[{statement.index}]") or id(inner) in guarded:
                return None
            sources.add(reached)
    if len(sources) != 1:
        return None
    return Members(sources.pop().removesuffix(f"[{statement.index}]"), statement.index, statement.body)


def _renamed(block: ir.Block, old: str, new: str) -> ir.Block:
    statements = []
    for statement in block.statements:
        match statement:
            case ir.Apply():
                statement = evolve(statement, callee=new if statement.callee == old else statement.callee)
            case ir.Read():
                statement = evolve(statement, source=new if statement.source == old else statement.source)
            case ir.WhileLoop():
                condition = _renamed(statement.condition, old, new)
                statement = evolve(statement, condition=condition, body=_renamed(statement.body, old, new))
            case ir.ForRange():
                statement = evolve(statement, body=_renamed(statement.body, old, new))
            case ir.IfElse():
                statement = evolve(
                    statement,
                    condition=_renamed(statement.condition, old, new),
                    then=_renamed(statement.then, old, new),
                    otherwise=_renamed(statement.otherwise, old, new),
                )
        statements.append(statement)
    return evolve(block, statements=tuple(statements))


def is_sequence(module: ir.Module) -> bool:
    """Whether a block is a chain of the layers that are numbered in it: an nn.Sequential of its own."""
    statements, block = module.forward.statements, module.forward
    if len(statements) == 1 and isinstance(statements[0], ir.ForRange):
        return _is_sequence_of_rounds(module, statements[0])
    names = [declaration.name for declaration in module.declarations]
    if not names or names != [str(index) for index in range(len(names))] or len(statements) != len(names):
        return False
    if len(block.inputs) != 1 or block.inputs[0].default or len(block.outputs) != 1 or block.outputs[0].move:
        return False
    plain = not any(d.rounds or d.guards or d.device or d.comment for d in module.declarations)
    value = Value(BOUNDARY, block.inputs[0].name)
    for name, statement in zip(names, statements, strict=True):
        if not isinstance(statement, ir.Apply) or statement.layer != name or statement.call_only:
            return False
        if list(statement.arguments.items()) != [(statement.ports[0], value)] or len(statement.outputs) != 1:
            return False
        plain = plain and not (statement.options or statement.moves or statement.comment)
        value = next(statement.results())
    return plain and block.outputs[0].value == value


def _single(statement: ir.ForRange) -> ir.Apply | None:
    """What an unshared Repeat applies in each round, where that is one module and nothing else."""
    body = statement.body
    if statement.shared or len(body.statements) != 1 or len(body.inputs) != 1 or len(body.outputs) != 1:
        return None
    inner = body.statements[0]
    if not isinstance(inner, ir.Apply) or inner.call_only or inner.moves or inner.options or not inner.outputs:
        return None
    source = Value(BOUNDARY, body.inputs[0].name)
    passed_on = list(inner.arguments.items()) == [(inner.ports[0], source)]
    given_on = body.outputs[0].value == Value(inner.node, inner.outputs[0]) and len(inner.outputs) == 1
    return inner if passed_on and given_on and statement.arguments else None


def _is_sequence_of_rounds(module: ir.Module, statement: ir.ForRange) -> bool:
    """Whether a block is nothing but the rounds of a Repeat, one behind the other."""
    inner, block = _single(statement), module.forward
    if inner is None or inner.callee != f"self[{statement.index}]" or len(module.declarations) != 1:
        return False
    (declaration,) = module.declarations
    plain = not (declaration.guards or declaration.device or statement.comment or statement.moves or inner.comment)
    given = Value(BOUNDARY, block.inputs[0].name) if len(block.inputs) == 1 and not block.inputs[0].default else None
    results = [output.value for output in block.outputs if not output.move]
    return plain and list(statement.arguments.values()) == [given] and results == list(statement.results())
