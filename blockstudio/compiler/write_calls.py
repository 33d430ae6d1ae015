"""Calls as lines of `forward`, put together the way a person would write them.

A result that is used once, right behind, is written into the line that uses it, as long as the line
stays short and nothing is evaluated earlier or later than the statements say. What needs a variable
takes the name of the input that it uses up (`x = self.bn1(x)`); branches get names of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from attrs import Factory, define, frozen

from blockstudio.compiler import ir, snippets
from blockstudio.compiler.comments import comment_lines
from blockstudio.compiler.flow import Flow
from blockstudio.compiler.ir import Value
from blockstudio.compiler.naming import LOCAL_RESERVED, Namer
from blockstudio.compiler.text import INDENT, Lines, Mark, Text, joined
from blockstudio.compiler.wholes import Whole

DEEPEST_LINE = 3
"""Calls within each other on one line."""
SHORT_BLOCK = 2
"""So few calls may all stand within each other."""
LONGEST_LINE = 79
"""Nothing is put into a line that would be longer."""


@define
class Expr:
    """A result that has no variable yet. `reads` are the variables in it."""

    statement: ir.Statement
    text: Text
    reads: tuple[str, ...]
    depth: int
    comments: tuple[str, ...] = ()


@frozen
class Operand:
    """What a statement with blocks is given: in a variable, or written as it is."""

    text: Text
    variable: str = ""


@define
class Frame:
    """A block as it is being written."""

    block: ir.Block
    flow: Flow
    lines: Lines
    protected: frozenset[str] = frozenset()
    """Variables that must keep their values."""
    deepest: int = DEEPEST_LINE
    atoms: dict[Value, Text] = Factory(dict)
    """How values are written that have a variable, or are read from `self`."""
    variables: dict[Value, str] = Factory(dict)
    readers: Counter[str] = Factory(Counter)
    """How often each variable will still be read."""
    pending: dict[Value, Expr] = Factory(dict)
    """Results to be written into a later line, in the order they must be evaluated."""
    hints: dict[Value, str] = Factory(dict)
    """The variables that values are wanted in."""

    def bind(self, value: Value, variable: str) -> None:
        self.variables[value] = variable
        self.atoms[value] = Text(variable)
        self.readers[variable] += self.flow.uses[value]

    def alias(self, value: Value, operand: Operand) -> None:
        """Let a value be what something else is already."""
        if operand.variable:
            self.bind(value, operand.variable)
        else:
            self.atoms[value] = operand.text

    def is_free(self, variable: str) -> bool:
        return not self.readers[variable] and variable not in self.protected

    def live(self) -> frozenset[str]:
        """What must not be overwritten in a block inside the next statement."""
        return self.protected | {variable for variable, count in self.readers.items() if count > 0}


class CallWriter:
    """Writes statements without blocks. `device` is the variable of the model's device, if one is needed."""

    def __init__(self, block: ir.Block) -> None:
        inputs = [argument.name for argument in block.inputs]
        indices = [statement.index for _, statement in block.walk() if isinstance(statement, ir.ForRange)]
        self.block = block
        self.namer = Namer({*LOCAL_RESERVED, *inputs, *indices})
        self.streams = set(inputs)
        """Variables that carry the main stream, from an input to an output."""
        self.device = ""

    def read(self, frame: Frame, statement: ir.Read) -> None:
        """A constant or parameter: written wherever it is used."""
        value = next(statement.results())
        frame.atoms[value] = Text(statement.source).marked(statement.location, statement.node)

    def calculate(self, frame: Frame, statement: ir.Compute | ir.Apply) -> None:
        expr = self._settled(frame, statement)
        for value in statement.arguments.values():
            frame.pending.pop(value, None)
        if self._may_wait(frame, expr):
            frame.pending[next(statement.results())] = expr
            return
        self.flush(frame)
        self._emit(frame, expr)

    def _settled(self, frame: Frame, statement: ir.Compute | ir.Apply) -> Expr:
        """A statement as an expression, after writing out the waiting results that cannot be written into it."""
        while True:
            expr, order = self._expr(frame, statement)
            waiting = [value for value in statement.arguments.values() if value in frame.pending]
            if not waiting or (
                list(frame.pending)[-len(order) :] == order
                and len(order) == len(waiting)
                and expr.depth <= frame.deepest
                and len(expr.text.source) <= self._space(frame)
                and all(self._may_join(frame, frame.pending[value], value, statement) for value in waiting)
            ):
                return expr
            names = list(frame.pending)
            last = max(names.index(value) for value in waiting)
            self.flush(frame, names[: last + 1])

    def _space(self, frame: Frame) -> int:
        """The length of the longest expression that may stand on one line behind a variable."""
        return LONGEST_LINE - INDENT * frame.lines.depth - len("output = ")

    def _may_join(self, frame: Frame, expr: Expr, value: Value, statement: ir.Compute | ir.Apply) -> bool:
        """Whether a waiting result may be written into a statement, for the reader's sake."""
        if any(statement.arguments[port] == value for port in statement.moves):
            return False
        return _reads_well(frame, expr.statement, statement)

    def _may_wait(self, frame: Frame, expr: Expr) -> bool:
        """Whether a result may be written into the statement that uses it."""
        statement = expr.statement
        if len(statement.outputs) != 1 or snippets.targets(statement, {statement.outputs[0]: "x"}) != "x":
            return False
        value = next(statement.results())
        if frame.flow.uses[value] != 1:
            return False
        user = frame.flow.user(value)
        if user is None:
            return not self._output_moves(frame, value)
        if expr.comments or not isinstance(user, ir.Compute | ir.Apply):
            return False
        return _reads_well(frame, statement, user)

    def _output_moves(self, frame: Frame, value: Value) -> bool:
        return any(output.move for output in frame.block.outputs if output.value == value)

    def _expr(self, frame: Frame, statement: ir.Compute | ir.Apply) -> tuple[Expr, list[Value]]:
        """A statement as an expression, waiting arguments written into it; and these in the order in which it
        evaluates them, those left out that it evaluates other than once."""
        operands: dict[str, Text] = {}
        reads: list[str] = []
        depth = 0
        for port, value in statement.arguments.items():
            waiting = frame.pending.get(value)
            if waiting is not None:
                operands[port] = waiting.text
                reads += waiting.reads
                depth = max(depth, waiting.depth)
            else:
                atom = frame.atoms.get(value, Text("None"))
                move = statement.moves.get(port)
                if move is not None:
                    atom = joined(atom, f'.to("{move}")' if move else f".to({self.device})")
                operands[port] = atom
                reads += [frame.variables[value]] if value in frame.variables else []
        text, placed = _composed(statement, operands)
        order = [value for port in placed if (value := statement.arguments[port]) in frame.pending]
        if isinstance(statement, Whole):
            text = text.marked(statement.inner.location, statement.inner.node)
        own = isinstance(statement, ir.Compute | Whole) or statement.call_only
        comments = (statement.comment,) if statement.comment and own else ()
        text = text.marked(statement.location, statement.node)
        return Expr(statement, text, tuple(reads), depth + 1, comments), order

    def flush(self, frame: Frame, values: Iterable[Value] | None = None) -> None:
        """Write waiting results into variables, all or the first ones."""
        for value in list(frame.pending) if values is None else values:
            self._emit(frame, frame.pending.pop(value))

    def _emit(self, frame: Frame, expr: Expr) -> None:
        """Write a line that puts results into variables."""
        for variable in expr.reads:
            frame.readers[variable] -= 1
        statement = expr.statement
        used = [value for value in statement.results() if frame.flow.uses[value]]
        names: dict[str, str] = {}
        for value in used:
            names[value.port] = self._variable(frame, expr, value, first=value == used[0], alone=len(used) == 1)
            frame.bind(value, names[value.port])
        frame.lines.add_prose(line for text in expr.comments for line in comment_lines(text, frame.lines.room()))
        if used:
            frame.lines.add(joined(f"{snippets.targets(statement, names)} = ", expr.text).stretched())
        elif isinstance(statement, ir.Apply):
            frame.lines.add(expr.text)
        else:
            frame.lines.add(joined("_ = ", expr.text).stretched())

    def _variable(self, frame: Frame, expr: Expr, value: Value, *, first: bool, alone: bool) -> str:
        """The variable for a result: the one it is wanted in, one whose value it uses up, or a new one."""
        hint = frame.hints.get(value)
        if hint is not None and frame.is_free(hint):
            return hint
        reads = list(dict.fromkeys(expr.reads))
        is_call = isinstance(expr.statement, ir.Apply)
        if first and (alone or is_call) and not (len(reads) > 1 and _has_own_name(expr.statement)):
            free = [variable for variable in reads if frame.is_free(variable)]
            streams = [variable for variable in free if variable in self.streams]
            if streams and not self._is_side(frame, expr, value):
                return streams[0]
            if free and (is_call or len(reads) == 1) and not streams:
                return free[0]
        if not alone and not (first and is_call):
            return self.namer.fresh(value.port)
        destination = frame.flow.destination(value)
        if destination and destination not in self.namer.taken:
            self.streams.add(destination)
            return self.namer.fresh(destination)
        return self.namer.fresh(expr.statement.node)

    def _is_side(self, frame: Frame, expr: Expr, value: Value) -> bool:
        """Whether a result is a branch off a value that was used elsewhere before, to be joined again."""
        if frame.flow.destination(value) or frame.flow.uses[value] != 1 or frame.flow.user(value) is None:
            return False
        others = [user for argument in expr.statement.arguments.values() for user in frame.flow.users[argument]]
        return any(user is not expr.statement and not frame.flow.ends(user) for user in others)

    def take(self, frame: Frame, values: Sequence[Value | None], room: int) -> tuple[list[Text], list[str]]:
        """What the end of a block gives, waiting results written into it; and their comments."""
        waiting = [value for value in values if value is not None and value in frame.pending]
        length = sum(len(frame.pending[value].text.source) + 2 for value in waiting) + room
        fits = length <= LONGEST_LINE - INDENT * frame.lines.depth or len(values) == 1
        if list(frame.pending) != waiting or not fits:
            names = list(frame.pending)
            kept = 0
            while fits and kept < len(waiting) and waiting[-1 - kept] == names[-1 - kept]:
                kept += 1
            self.flush(frame, names[: len(names) - kept])
        texts: list[Text] = []
        comments: list[str] = []
        for value in values:
            expr = frame.pending.pop(value, None) if value is not None else None
            if expr is not None:
                texts.append(expr.text)
                comments += expr.comments
                for variable in expr.reads:
                    frame.readers[variable] -= 1
            else:
                texts.append(frame.atoms.get(value, Text("None")) if value is not None else Text("None"))
                if value is not None and value in frame.variables:
                    frame.readers[frame.variables[value]] -= 1
        return texts, comments


def _reads_well(frame: Frame, inner: ir.Statement, outer: ir.Compute | ir.Apply) -> bool:
    """Whether a call may stand inside another: functions in functions, a layer in a function of one value; in
    the call of a layer only where that is what the block gives."""
    if isinstance(outer, ir.Compute):
        return isinstance(inner, ir.Compute) or len(outer.arguments) == 1
    last = [frame.flow.users.get(value) for value in outer.results()] == [[None]]
    return last and (isinstance(inner, ir.Compute) or len(frame.block.statements) <= SHORT_BLOCK)


def _has_own_name(statement: ir.Statement) -> bool:
    """Whether a function's node was given a name that says more than which function it is."""
    if not isinstance(statement, ir.Compute):
        return False
    return statement.node.rstrip("_0123456789") not in statement.entry.type.rpartition(".")[2]


def _composed(statement: ir.Compute | ir.Apply, operands: Mapping[str, Text]) -> tuple[Text, list[str]]:
    """A call with the texts of its arguments in it, and the marked ones that are in it once, in their order."""
    source = snippets.call(statement, {port: text.source for port, text in operands.items()})
    marked = [port for port, text in operands.items() if text.marks]
    if not marked:
        return Text(source), []
    if len(marked) == 1 and source.count(operands[marked[0]].source) == 1:
        text = operands[marked[0]]
        return Text(source, tuple(text.shifted(source.index(text.source)))), marked
    placeholders = {port: _placeholder(index, operands[port].source) for index, port in enumerate(marked)}
    # The same call with placeholders shows where each argument stands; it may have got brackets.
    skeleton = snippets.call(statement, {port: placeholders.get(port, text.source) for port, text in operands.items()})
    found = {skeleton.index(mark): port for port, mark in placeholders.items() if skeleton.count(mark) == 1}
    order = [found[start] for start in sorted(found)]
    if len(found) < len(placeholders):
        return Text(source), order
    marks: list[Mark] = []
    done = offset = 0
    for start, port in sorted(found.items()):
        text = operands[port]
        offset += start - done
        bracketed = not source.startswith(text.source, offset)
        marks += text.shifted(offset + bracketed)
        offset += len(text.source) + 2 * bracketed
        done = start + len(placeholders[port])
    return Text(source, tuple(marks)), order


def _placeholder(index: int, source: str) -> str:
    """An identifier that nobody uses; where somebody does, the argument counts as written twice. It is called where
    the source is more than a name: operators may stand closer to names."""
    return f"ꙮ{index}ꙮ" if source.replace(".", "").isidentifier() else f"ꙮ{index}ꙮ()"
