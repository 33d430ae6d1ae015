"""From the intermediate form to Python source: complete, idiomatic, and free of anything of ours."""

from __future__ import annotations

import ast
import re

from attrs import evolve

from blockstudio.collecting import uncollected
from blockstudio.compiler import ir
from blockstudio.compiler.code import USUAL_IMPORTS, bound_names, sorted_imports, split_imports
from blockstudio.compiler.comments import docstring_lines
from blockstudio.compiler.snippets import unquoted
from blockstudio.compiler.text import Lines, Source, Span
from blockstudio.compiler.wholes import condensed, is_sequence
from blockstudio.compiler.write_forward import ForwardWriter
from blockstudio.compiler.write_init import InitWriter
from blockstudio.compiler.write_rules import needs_no_grad, write_rules
from blockstudio.graph.document import Location
from blockstudio.graph.expressions import is_number


@uncollected
def generate(program: ir.Program) -> Source:
    """The source of a program that has no errors, and which node each part of it comes from."""
    imports: set[str] = set()
    used: set[str] = set()
    bound: set[str] = set()
    parts: list[Source] = []
    for source in program.functions.values():
        parts.append(Source(_own(source, imports, used, bound), ()))
    for module in program.modules.values():
        if isinstance(module, ir.CodeModule):
            text = _own(module.source, imports, used, bound)
            lines = text.split("\n")
            span = Span(1, 0, len(lines), len(lines[-1]), Location(module.name), "")
            parts.append(Source(text, (span,)))
        else:
            parts.append(_class(module, used))
    imported = {line.split()[-1] for line in imports}
    for name, line in USUAL_IMPORTS.items():
        if name in used - imported - bound:
            imports.add(line)
        elif name not in used:
            imports.discard(line)
    return _together(sorted_imports(imports), parts)


def _together(imports: list[str], parts: list[Source]) -> Source:
    texts = ["\n".join(imports)] if imports else []
    spans: list[Span] = []
    first = len(imports) + 2 if imports else 0
    for part in parts:
        spans += [evolve(span, line=span.line + first, end_line=span.end_line + first) for span in part.spans]
        text = part.text.rstrip("\n")
        texts.append(text)
        first += text.count("\n") + 3
    return Source("\n\n\n".join(texts) + "\n", tuple(spans))


def _own(source: str, imports: set[str], used: set[str], bound: set[str]) -> str:
    """Python of the user's own as it was written; its imports go to the top of the file."""
    lines, rest = split_imports(source)
    imports |= set(lines)
    used |= {part.id for part in ast.walk(ast.parse(rest)) if isinstance(part, ast.Name)}
    bound |= set(bound_names(source).defined)
    return rest


def _class(module: ir.Module, used: set[str]) -> Source:
    module = condensed(module)
    lines = Lines()
    sequence = is_sequence(module)
    numbered = any(is_number(declaration.name) for declaration in module.declarations)
    base = "nn.Sequential" if sequence else "nn.ModuleList" if numbered else "nn.Module"
    lines.add(f"class {module.name}({base}):")
    lines.depth = 1
    docstring = docstring_lines(module.doc, module.hyper_parameters, module.forward.inputs, lines.room())
    if docstring:
        lines.add_prose(docstring)
        lines.blank()
    forward = Lines(depth=2)
    ForwardWriter(module.forward).write(forward)
    rules = Lines(depth=2)
    write_rules(module.initializers, rules)
    stored = _stored(module, forward, rules)
    if module.declarations or module.hyper_parameters or rules.lines:
        _write_init(module, stored, lines, sequence=sequence)
        lines.blank()
    if rules.lines:
        if needs_no_grad(module.initializers):
            lines.add("@torch.no_grad()")
        lines.add("def init_weights(self):")
        lines.extend(rules)
        lines.blank()
    if not sequence:
        lines.add(f"def forward({', '.join(['self', *map(_argument, module.forward.inputs)])}):")
        lines.extend(forward)
    for code in lines.code():
        used.update(_IMPORTED.findall(unquoted(code)))
    source = lines.source()
    last = source.text.rstrip("\n").split("\n")
    whole = Span(1, 0, len(last), len(last[-1]), Location(module.name), "")
    return Source(source.text, (whole, *source.spans))


def _write_init(module: ir.Module, stored: list[str], lines: Lines, *, sequence: bool) -> None:
    arguments = ["self", *map(_argument, module.hyper_parameters)]
    lines.add(f"def __init__({', '.join(arguments)}):")
    lines.depth = 2
    if sequence:
        InitWriter(module).write_sequence(lines)
    else:
        lines.add("super().__init__()")
    for name in stored:
        lines.add(f"self.{name} = {name}")
    if not sequence:
        InitWriter(module).write(lines)
    if module.initializers:
        lines.add("self.init_weights()")
    lines.depth = 1


def _stored(module: ir.Module, *methods: Lines) -> list[str]:
    """The hyper-parameters that methods other than `__init__` use."""
    used = {name for lines in methods for code in lines.code() for name in _ATTRIBUTE.findall(code)}
    return [name for name in module.attributes if name in used]


_IMPORTED = re.compile(rf"(?<![\w.])(?:{'|'.join(USUAL_IMPORTS)})(?!\w)")
_ATTRIBUTE = re.compile(r"\bself\.(\w+)")


def _argument(argument: ir.Argument) -> str:
    """An argument as it stands in a signature."""
    if argument.annotation:
        return f"{argument.name}: {argument.annotation}" + (f" = {argument.default}" if argument.default else "")
    return f"{argument.name}={argument.default}" if argument.default else argument.name
