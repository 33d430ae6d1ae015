"""The body of `forward`: control flow, and what is returned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from attrs import Factory, define, evolve

from blockstudio.compiler import ir
from blockstudio.compiler.branches import alike, is_branch, or_operand
from blockstudio.compiler.comments import comment_lines
from blockstudio.compiler.declare import BYPASSED
from blockstudio.compiler.flow import Flow
from blockstudio.compiler.ir import Value
from blockstudio.compiler.snippets import negated
from blockstudio.compiler.text import INDENT, WIDTH, Lines, Text, joined, listed
from blockstudio.compiler.wholes import over_members
from blockstudio.compiler.write_calls import CallWriter, Frame, Operand
from blockstudio.graph.model import BOUNDARY

DEEPEST_CONDITION = 6
"""Calls within each other in a condition, which would otherwise need lines of its own."""


@define
class Body:
    """A nested block, written. `assigned` is the value that `target` gets where that is all of it."""

    lines: Lines
    target: str = ""
    assigned: Text = Factory(lambda: Text(""))


class ForwardWriter(CallWriter):
    """Writes the `forward` of a condensed module (see `wholes.py`)."""

    def write(self, lines: Lines) -> None:
        block = self.block
        results = [(output.name, output.value) for output in block.outputs if output.value is not None]
        frame = Frame(block, Flow(block, results), lines)
        for value in block.input_values():
            frame.bind(value, value.port)
        self._write_device(frame)
        self._statements(frame)
        self._return(frame)

    def _write_device(self, frame: Frame) -> None:
        """Remember the device of the first input where values come back to it from others."""
        blocks = [self.block, *(inner for _, statement in self.block.walk() for inner in statement.blocks())]
        back = any("" in statement.moves.values() for _, statement in self.block.walk())
        if back or any(output.move for block in blocks for output in block.outputs):
            self.device = self.namer.fresh("device")
            frame.lines.add(f"{self.device} = {self.block.inputs[0].name}.device")

    def _statements(self, frame: Frame) -> None:
        for statement in frame.block.statements:
            match statement:
                case ir.Read():
                    self.read(frame, statement)
                case ir.Compute() | ir.Apply():
                    self.calculate(frame, statement)
                case ir.Bypass():
                    self._bypass(frame, statement)
                case ir.WhileLoop() | ir.ForRange():
                    self._loop(frame, statement)
                case ir.IfElse():
                    self._if(frame, statement)

    def _bypass(self, frame: Frame, statement: ir.Bypass) -> None:
        """No line but a comment: the results are what came in."""
        self.flush(frame)
        self._comment(frame, statement.comment, f"{statement.node}: {BYPASSED}")
        operands = [
            Operand(frame.atoms[value], frame.variables.get(value, "")) for value in statement.arguments.values()
        ]
        for operand in operands:
            if operand.variable:
                frame.readers[operand.variable] -= 1
        for result, operand in zip(statement.results(), operands, strict=True):
            frame.alias(result, operand)

    def _return(self, frame: Frame) -> None:
        outputs = frame.block.outputs
        texts, comments = self.take(frame, [output.value for output in outputs], len("return "))
        self._comment(frame, *comments)
        if outputs:
            moved = [self._moved(output, text) for output, text in zip(outputs, texts, strict=True)]
            frame.lines.add("return ", listed(moved))
        elif frame.lines.does_nothing():
            frame.lines.add("pass")

    def _moved(self, output: ir.Output, text: Text) -> Text:
        """An output of a block, brought back to the device of the model."""
        return joined(text, f".to({self.device})") if output.move else text

    def _comment(self, frame: Frame, *texts: str) -> None:
        for text in texts:
            if text:
                frame.lines.add_prose(comment_lines(text, frame.lines.room()))

    # --- nested blocks ----------------------------------------------------------------------------

    def _operands(self, frame: Frame, statement: ir.Statement, ports: Iterable[ir.Argument]) -> list[Operand]:
        """What a statement with blocks is given, for each of its inputs; used up by it."""
        operands = []
        for port in ports:
            value = statement.arguments.get(port.name)
            text = frame.atoms.get(value, Text("None")) if value is not None else Text("None")
            variable = frame.variables.get(value, "") if value is not None else ""
            if variable:
                frame.readers[variable] -= 1
            operand = Operand(text, variable)
            if port.name in statement.moves:
                moved = self.namer.fresh(port.name)
                frame.lines.add(f"{moved} = ", text, f".to({self.device})")
                operand = Operand(Text(moved), moved)
            operands.append(operand)
        return operands

    def _block(
        self,
        block: ir.Block,
        operands: Sequence[Operand],
        values: Sequence[Value],
        variables: Sequence[str],
        protected: frozenset[str],
        depth: int,
    ) -> Body:
        """Write a block that puts some values into variables; those without a variable are there already."""
        results = [(variable, value) for value, variable in zip(values, variables, strict=True) if variable]
        inner = Frame(block, Flow(block, results), Lines(depth=depth), protected)
        for value, operand in zip(block.input_values(), operands, strict=False):
            inner.alias(value, operand)
        inner.hints |= {value: variable for variable, value in results if value.node != BOUNDARY}
        self._statements(inner)
        away = {output.value for output in block.outputs if output.move}
        left = [(name, value) for name, value in results if value in away or inner.variables.get(value) != name]
        texts, comments = self.take(inner, [value for _, value in left], sum(len(name) + 4 for name, _ in left))
        assigned: list[tuple[str, Text]] = []
        for (name, value), text in zip(left, texts, strict=True):
            if value in away:
                text = joined(text, f".to({self.device})")
            if text.source != name:  # taking it may have put it where it is wanted
                assigned.append((name, text))
        body = Body(inner.lines)
        if assigned:
            self._comment(inner, *comments)
            if not inner.lines.lines and len(assigned) == 1:
                body.target, body.assigned = assigned[0]
            inner.lines.add(", ".join(name for name, _ in assigned), " = ", listed(text for _, text in assigned))
        return body

    def _condition(
        self, block: ir.Block, operands: Sequence[Operand], protected: frozenset[str], depth: int
    ) -> tuple[Lines, Text]:
        """The lines that a condition needs, mostly none, and the condition itself."""
        results = [("condition", output.value) for output in block.outputs[:1] if output.value is not None]
        inner = Frame(block, Flow(block, results), Lines(depth=depth), protected, DEEPEST_CONDITION)
        for value, operand in zip(block.input_values(), operands, strict=False):
            inner.alias(value, operand)
        self._statements(inner)
        texts, _ = self.take(inner, [value for _, value in results], 0)
        return inner.lines, texts[0] if texts else Text("None")

    # --- loops ------------------------------------------------------------------------------------

    def _loop(self, frame: Frame, statement: ir.WhileLoop | ir.ForRange) -> None:
        self.flush(frame)
        self._comment(frame, statement.comment)
        operands = self._operands(frame, statement, statement.body.inputs)
        carried = [statement.body.carried(index) for index in range(len(operands))]
        results = list(statement.results())
        changed = [
            value != statement.body.input(index) and self._is_read(frame, statement, index)
            for index, value in enumerate(carried)
        ]
        for result, operand, does_change in zip(results, operands, changed, strict=False):
            if not does_change:
                frame.alias(result, operand)
        kept = {operand.variable for operand, does_change in zip(operands, changed, strict=True) if not does_change}
        variables = self._loop_variables(frame, statement, operands, changed, kept)
        inside = [
            Operand(Text(variable), variable) if variable else operand
            for variable, operand in zip(variables, operands, strict=True)
        ]
        protected = frame.live() | kept
        header: tuple[str | Text, ...]
        depth = frame.lines.depth + 1
        condition = Lines()
        if isinstance(statement, ir.WhileLoop):
            condition, text = self._condition(statement.condition, inside, protected | set(variables), depth)
            if condition.lines:
                condition.add("if ", self._opposite(text), ":")
                condition.depth += 1
                condition.add("break")
                text = Text("True")
            header, body = ("while ", text, ":"), statement.body
        else:
            header, body = self._for_header(statement)
        frame.lines.add(joined(*header).marked(statement.location, statement.node))
        written = self._block(body, inside, carried, variables, protected, depth)
        if written.lines.does_nothing() and not condition.lines:
            written.lines.add("pass")
        frame.lines.extend(condition)
        frame.lines.extend(written.lines)
        for result, variable in zip(results, variables, strict=False):
            if variable:
                frame.bind(result, variable)

    def _is_read(self, frame: Frame, statement: ir.WhileLoop | ir.ForRange, index: int) -> bool:
        """Whether anything uses what a loop carries at a position."""
        if index < len(statement.outputs) and frame.flow.uses[Value(statement.node, statement.outputs[index])]:
            return True
        for block in statement.blocks():
            value = block.input(index) if index < len(block.inputs) else None
            used = [*(output.value for output in block.outputs)]
            used += [argument for inner in block.statements for argument in inner.arguments.values()]
            if value in used:
                return True
        return False

    def _loop_variables(
        self,
        frame: Frame,
        statement: ir.WhileLoop | ir.ForRange,
        operands: Sequence[Operand],
        changed: Sequence[bool],
        kept: set[str],
    ) -> list[str]:
        """The variable that each value is carried in from round to round; "" for those that stay as they are."""
        variables: list[str] = []
        for index, (operand, does_change) in enumerate(zip(operands, changed, strict=True)):
            if not does_change:
                variables.append("")
                continue
            variable = operand.variable
            if not variable or not frame.is_free(variable) or variable in kept or variable in variables:
                value = Value(statement.node, statement.outputs[index]) if index < len(statement.outputs) else None
                variable = self._new(frame, value, statement.body.inputs[index].name)
                frame.lines.add(f"{variable} = ", operand.text)
            variables.append(variable)
        return variables

    def _for_header(self, statement: ir.ForRange) -> tuple[tuple[str, ...], ir.Block]:
        members = over_members(statement)
        if members is not None:
            name = self.namer.fresh(members.singular)
            return (f"for {name} in {members.source}:",), members.block(name)
        texts = [text for _, inner in statement.body.walk() for text in _run_texts(inner)]
        used = any(re.search(rf"\b{re.escape(statement.index)}\b", text) for text in texts)
        return (f"for {statement.index if used else '_'} in range({statement.count}):",), statement.body

    # --- branches ---------------------------------------------------------------------------------

    def _if(self, frame: Frame, statement: ir.IfElse) -> None:
        self.flush(frame)
        self._comment(frame, statement.comment)
        operands = self._operands(frame, statement, statement.condition.inputs)
        protected = frame.live() | {operand.variable for operand in operands if operand.variable}
        if statement.static:
            condition = Text(statement.static)
        else:
            lines, condition = self._condition(statement.condition, operands, protected, frame.lines.depth)
            frame.lines.extend(lines)
        then, otherwise = _values(statement.then, operands), _values(statement.otherwise, operands)
        results = list(statement.results())
        kept: set[str] = set()
        same = [a is not None and a == b for (_, a), (_, b) in zip(then, otherwise, strict=True)]
        for result, (_, operand), is_same in zip(results, then, same, strict=False):
            if is_same and operand is not None:
                frame.alias(result, operand)
                kept.add(operand.variable)
        targets: list[str] = []
        for result, (_, first), (_, second), is_same in zip(results, then, otherwise, same, strict=False):
            wanted = [first, second, *operands[:1]]
            unused = is_same or not frame.flow.uses[result]
            targets.append("" if unused else self._target(frame, result, wanted, {*kept, *targets}))
        depth = frame.lines.depth + 1
        inside = frozenset(frame.live() | kept)
        yes = self._block(statement.then, operands, [value for value, _ in then], targets, inside, depth)
        no = self._block(statement.otherwise, operands, [value for value, _ in otherwise], targets, inside, depth)
        choice = self._choice(frame, statement, condition, yes, no)
        if choice is not None and statement.static and yes.assigned.source == no.assigned.source:
            # The branches differ in what is made, not in what is done.
            choice = yes.assigned.marked(statement.location, statement.node)
        for result, target in zip(results, targets, strict=False):
            if target and choice is not None and self._is_given_at_once(frame, statement, result):
                frame.atoms[result] = choice
                return
            if target:
                frame.bind(result, target)
        if choice is not None:
            frame.lines.add(joined(f"{yes.target} = ", choice).stretched())
        else:
            self._write_if(frame, statement, condition, yes, no)

    def _target(self, frame: Frame, result: Value, operands: Sequence[Operand | None], taken: set[str]) -> str:
        """The variable for the result of an If: one that a branch leaves as it is, the main stream, or a new one."""
        wanted = [frame.hints.get(result, ""), *(operand.variable for operand in operands if operand)]
        for variable in wanted:
            if variable and variable not in taken and frame.is_free(variable):
                return variable
        return self._new(frame, result, result.node)

    def _choice(self, frame: Frame, statement: ir.IfElse, condition: Text, yes: Body, no: Body) -> Text | None:
        """An If that only chooses between two values, as an expression that fits on a line."""
        if not yes.target or yes.target != no.target:
            return None
        choice = joined(yes.assigned, " if ", condition, " else ", no.assigned)
        before = max(len(f"{yes.target} = "), len("return "))
        if INDENT * frame.lines.depth + before + len(choice.source) > WIDTH:
            return None
        return choice.marked(statement.location, statement.node)

    def _is_given_at_once(self, frame: Frame, statement: ir.IfElse, result: Value) -> bool:
        """Whether a result is just what the block gives, with nothing in between."""
        last = frame.block.statements[-1] is statement and frame.flow.users.get(result) == [None]
        return last and frame.block is self.block

    def _write_if(self, frame: Frame, statement: ir.IfElse, condition: Text, yes: Body, no: Body) -> None:
        def header(*parts: str | Text) -> Text:
            return joined(*parts).marked(statement.location, statement.node)

        if yes.lines.does_nothing() and not no.lines.does_nothing():
            frame.lines.add(header("if ", self._opposite(condition), ":"))
            frame.lines.extend(no.lines)
            return
        if statement.static and alike(yes.lines, no.lines):
            for line in yes.lines.dedented().lines:
                frame.lines.lines.append(line if line.is_prose else evolve(line, code=header(line.code)))
            return
        if yes.lines.does_nothing():
            yes.lines.add("pass")
        if is_branch(no.lines):
            inner = no.lines.dedented()
            first, *rest = inner.lines
            body = list(takewhile(lambda line: line.depth > first.depth, rest))
            if alike(Lines(body), yes.lines):
                either = joined(
                    or_operand(condition), " or ", or_operand(first.code.cut(3, len(first.code.source) - 1))
                )
                frame.lines.add(header("if ", either, ":"))
                frame.lines.extend(Lines(rest))
                return
            inner.lines[0] = evolve(first, code=joined("el", first.code))
            no.lines = inner
        frame.lines.add(header("if ", condition, ":"))
        frame.lines.extend(yes.lines)
        if no.lines.lines and no.lines.lines[0].code.source.startswith("elif "):
            frame.lines.extend(no.lines)
        elif not no.lines.does_nothing():
            frame.lines.add("else:")
            frame.lines.extend(no.lines)

    def _opposite(self, condition: Text) -> Text:
        source = negated(condition.source)
        inside = source.find(condition.source)
        return Text(source, tuple(condition.shifted(inside)) if inside >= 0 else condition.marks)

    def _new(self, frame: Frame, value: Value | None, wanted: str) -> str:
        """A new variable: named for the output that a value becomes, or as wanted."""
        destination = frame.flow.destination(value) if value is not None else ""
        if destination and destination not in self.namer.taken:
            self.streams.add(destination)
            return self.namer.fresh(destination)
        return self.namer.fresh(wanted)


def _values(block: ir.Block, operands: Sequence[Operand]) -> list[tuple[Value, Operand | None]]:
    """The values a branch gives, and the operand where it is one of those passed on."""
    given = dict(zip(block.input_values(), operands, strict=False))
    found = []
    for output in block.outputs:
        value = output.value or Value(BOUNDARY, "")
        found.append((value, None if output.move else given.get(value)))
    return found


def _run_texts(statement: ir.Statement) -> list[str]:
    """Everything in a statement that may use the number of a round."""
    match statement:
        case ir.Compute():
            return [str(value) for value in statement.options.values()]
        case ir.Apply():
            return [statement.callee, *(str(value) for value in statement.options.values())]
        case ir.Read():
            return [statement.source]
        case ir.ForRange():
            return [statement.count]
    return []
