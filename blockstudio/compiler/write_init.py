"""The body of `__init__`: what a class owns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from blockstudio.compiler import ir, snippets
from blockstudio.compiler.comments import comment_lines, fits
from blockstudio.compiler.members import Group, grouped
from blockstudio.compiler.naming import LOCAL_RESERVED, Namer
from blockstudio.compiler.text import INDENT, Lines, Text, joined, listed
from blockstudio.compiler.wholes import whole_layers
from blockstudio.graph.expressions import is_number


class InitWriter:
    """Writes the declarations of a condensed module (see `wholes.py`)."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module
        self.wholes = whole_layers(module)
        indices = {rounds.index for declaration in module.declarations for rounds in declaration.rounds}
        self.namer = Namer({*LOCAL_RESERVED, *indices, *(argument.name for argument in module.hyper_parameters)})

    def write(self, lines: Lines) -> None:
        modules = [
            d for d in self.module.declarations if not isinstance(d, ir.BufferDeclaration | ir.ParameterDeclaration)
        ]
        groups = {
            name: group
            for group in grouped(declaration.name for declaration in modules).values()
            if isinstance(group, Group)
            for name in group.names()
        }
        written: set[int] = set()
        guards: tuple[str, ...] = ()
        chain: list[str] = []
        for declaration in self.module.declarations:
            group = groups.get(declaration.name)
            if group is not None and id(group) in written:
                continue
            if declaration.guards != guards:
                chain = self._write_guards(lines, chain, declaration.guards)
                guards = declaration.guards
            inner = Lines(depth=lines.depth + bool(guards))
            if group is not None:
                written.add(id(group))
                self._write_group(inner, group)
            else:
                self._write_declaration(inner, declaration)
            lines.extend(inner)

    def write_sequence(self, lines: Lines) -> None:
        """Write the declarations of a block that is an nn.Sequential itself."""
        children = [
            joined("*", self._list(declaration, lines)) if declaration.rounds else self._made(declaration, lines)
            for declaration in self.module.declarations
        ]
        line = joined("super().__init__(", listed(children), ")")
        for statement in self.module.forward.statements:
            if isinstance(statement, ir.ForRange):
                line = line.marked(statement.location, statement.node)
        self._write_line(lines, line, "", [text for d in self.module.declarations for text in _child_comments(d)])

    def _write_guards(self, lines: Lines, chain: list[str], guards: tuple[str, ...]) -> list[str]:
        """The header of what follows under other guards; gives the conditions so far while an `else` may come."""
        if not guards:
            return []
        refused = tuple(map(snippets.negated, chain))
        if chain and guards == refused:
            lines.add("else:")
            return []
        if chain and guards[:-1] == refused:
            lines.add(f"elif {guards[-1]}:")
            return [*chain, guards[-1]]
        lines.add(f"if {snippets.all_of(guards)}:")
        return [guards[0]] if len(guards) == 1 else []

    def _write_declaration(self, lines: Lines, declaration: ir.Declaration) -> None:
        if declaration.rounds and is_number(declaration.name):
            line = joined("self.extend(", self._list(declaration, lines), ")")
            self._write_line(lines, line.stretched(), declaration.comment, list(_child_comments(declaration)))
            return
        made = self._made(declaration, lines)
        if isinstance(declaration, ir.BufferDeclaration):
            persistent = "" if declaration.persistent else ", persistent=False"
            line = joined(f'self.register_buffer("{declaration.name}", ', made, f"{persistent})")
        elif is_number(declaration.name):
            line = joined(f'self.add_module("{declaration.name}", ', made, ")")
        else:
            line = joined(f"self.{declaration.name} = ", made)
        line = line.stretched() if line.marks else line.marked(declaration.location, declaration.node)
        self._write_line(lines, line, declaration.comment, list(_child_comments(declaration)))

    def _write_group(self, lines: Lines, group: Group) -> None:
        comments = []
        for name in group.names():
            declaration = self.module.by_name[name]
            own = [f"{name}: {declaration.comment}"] if declaration.comment else []
            comments += [*own, *_child_comments(declaration)]
        made = self._made_group(group, lines)
        self._write_line(lines, joined(f"self.{group.name} = ", made), "", comments)

    def _write_line(self, lines: Lines, line: Text, comment: str, others: Sequence[str]) -> None:
        """A statement with its comment behind it where that fits, else above it."""
        behind = f"{line.source}  # {comment}"
        if comment and not others and comment.isprintable() and fits(" " * INDENT * lines.depth + behind):
            lines.add(line, comment=comment)
            return
        for text in [comment] * bool(comment) + list(others):
            lines.add_prose(comment_lines(text, lines.room()))
        lines.add(line)

    # --- expressions --------------------------------------------------------------------------------

    def _made_group(self, group: Group, lines: Lines) -> Text:
        members = []
        for key, member in group.ordered():
            if isinstance(member, Group):
                made = self._made_group(member, lines)
            else:
                made = self._made(self.module.by_name[member], lines)
            members.append(made if group.is_list else joined(f'"{key}": ', made))
        if group.is_list:
            return joined("nn.ModuleList([", listed(members), "])")
        return joined("nn.ModuleDict({", listed(members), "})")

    def _made(self, declaration: ir.Declaration, lines: Lines) -> Text:
        """What makes a declaration, all its rounds; lines that must come before are written to `lines`."""
        return self._rounds(declaration, list(declaration.rounds), lines)

    def _list(self, declaration: ir.Declaration, lines: Lines) -> Text:
        """The rounds of a declaration as a plain list; lines that must come before are written to `lines`."""
        (rounds,) = declaration.rounds
        before = Lines(depth=lines.depth + 1)
        made = self._one(declaration, before)
        if before.lines:
            return Text(self._loop("rounds", "[]", rounds, made, before, lines))
        listing = joined("[", made, f" for {_index(rounds.index, made)} in range({rounds.count})]")
        return listing.marked(declaration.location, declaration.node)

    def _rounds(self, declaration: ir.Declaration, rounds: list[ir.Rounds], lines: Lines) -> Text:
        if not rounds:
            return self._one(declaration, lines)
        first, *rest = rounds
        before = Lines(depth=lines.depth + 1)
        made = self._rounds(declaration, rest, before)
        kind = "nn.ParameterList" if isinstance(declaration, ir.ParameterDeclaration) else "nn.ModuleList"
        is_whole = not rest and declaration.name in self.wholes
        if before.lines:
            kept = self._loop(declaration.node, "[]" if is_whole else f"{kind}()", first, made, before, lines)
            return Text(f"nn.Sequential(*{kept})" if is_whole else kept)
        listing = joined("[", made, f" for {_index(first.index, made)} in range({first.count})]")
        whole = joined("nn.Sequential(*", listing, ")") if is_whole else joined(f"{kind}(", listing, ")")
        return whole.marked(declaration.location, declaration.node)

    def _loop(self, name: str, empty: str, rounds: ir.Rounds, made: Text, before: Lines, lines: Lines) -> str:
        """Rounds that need lines of their own: a list that is filled in a loop; gives its variable."""
        kept = self.namer.fresh(f"{name}_rounds")
        lines.add(f"{kept} = {empty}")
        lines.add(f"for {_index(rounds.index, made, *before.code())} in range({rounds.count}):")
        lines.extend(before)
        lines.depth += 1
        lines.add(f"{kept}.append(", made, ")")
        lines.depth -= 1
        return kept

    def _one(self, declaration: ir.Declaration, lines: Lines) -> Text:
        """What makes one round of a declaration, where there is one."""
        made = self._member(declaration, lines)
        if not declaration.chosen:
            return made
        text = joined(made, f" if {snippets.all_of(declaration.chosen)} else nn.Identity()")
        return text.marked(declaration.location, declaration.node)

    def _member(self, declaration: ir.Declaration, lines: Lines) -> Text:
        match declaration:
            case ir.SequentialDeclaration():
                text = self._sequential(declaration, lines)
            case ir.RepeatDeclaration():
                text = joined("nn.Sequential(", self._spread(declaration, lines), ")")
            case ir.SharedDeclaration():
                return Text(declaration.source).marked(declaration.location, declaration.node)
            case _:
                text = Text(snippets.constructor(declaration))
        if declaration.device:
            text = joined(
                text if snippets.is_atom(text.source) else joined("(", text, ")"), f'.to("{declaration.device}")'
            )
        return text.marked(declaration.location, declaration.node)

    def _sequential(self, declaration: ir.SequentialDeclaration, lines: Lines) -> Text:
        shared = {
            child.owner_node
            for child in declaration.children
            if isinstance(child, ir.SharedDeclaration) and not child.source
        }
        variables: dict[str, str] = {}
        children: list[Text] = []
        for child in declaration.children:
            if isinstance(child, ir.SharedDeclaration) and not child.source:
                text = Text(variables[child.owner_node]).marked(child.location, child.node)
            elif isinstance(child, ir.RepeatDeclaration) and not declaration.named:
                text = self._spread(child, lines)
            else:
                text = self._one(child, lines)
            if child.node in shared:
                variable = variables[child.node] = self.namer.fresh(child.node)
                lines.add(f"{variable} = ", text)
                text = Text(variable).marked(child.location, child.node)
            children.append(joined(f'("{child.name}", ', text, ")") if declaration.named else text)
        if declaration.named and children:
            return joined("nn.Sequential(OrderedDict([", listed(children), "]))")
        return joined("nn.Sequential(", listed(children), ")")

    def _spread(self, declaration: ir.RepeatDeclaration, lines: Lines) -> Text:
        """The rounds of a Repeat as arguments of an nn.Sequential."""
        rounds = ir.Rounds(declaration.count, declaration.index)
        before = Lines(depth=lines.depth + (not declaration.shared))
        made = self._one(declaration.body, before)
        if declaration.shared:
            lines.extend(before)
            text = joined("*[", made, f"] * {_factor(declaration.count)}")
        elif before.lines:
            text = Text(f"*{self._loop(declaration.node, '[]', rounds, made, before, lines)}")
        else:
            text = joined("*[", made, f" for {_index(rounds.index, made)} in range({rounds.count})]")
        return text.marked(declaration.location, declaration.node)


def _child_comments(declaration: ir.Declaration) -> Iterator[str]:
    """The comments of everything inside a container, each with its name."""
    inner: tuple[ir.Declaration, ...] = ()
    if isinstance(declaration, ir.SequentialDeclaration):
        inner = declaration.children
    elif isinstance(declaration, ir.RepeatDeclaration):
        inner = (declaration.body,)
    for child in inner:
        if child.comment:
            yield f"{child.node}: {child.comment}"
        yield from _child_comments(child)


def _index(name: str, made: Text, *others: str) -> str:
    """The variable of a loop: its name, or `_` where nothing uses it."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    return name if any(map(word.search, (made.source, *others))) else "_"


def _factor(count: str) -> str:
    return count if count.isalnum() or count.isidentifier() else f"({count})"
