"""From the intermediate form to Python source: complete, idiomatic, and free of anything of ours."""

from __future__ import annotations

import ast
import re

from attrs import evolve

from blockstudio.compiler import ir
from blockstudio.compiler.code import USUAL_IMPORTS, bound_names, sorted_imports, split_imports
from blockstudio.compiler.comments import docstring_lines
from blockstudio.compiler.text import Lines, Source, Span
from blockstudio.compiler.wholes import condensed
from blockstudio.compiler.write_forward import ForwardWriter
from blockstudio.compiler.write_init import InitWriter
from blockstudio.compiler.write_rules import needs_no_grad, write_rules
from blockstudio.graph.document import Location


def generate(program: ir.Program) -> Source:
    """The source of a program that has no errors, and which node each part of it comes from."""
    imports: set[str] = set()
    parts: list[Source] = []
    bound: set[str] = set()
    for source in program.functions.values():
        parts.append(Source(_own(source, imports), ()))
        bound |= set(bound_names(source).defined)
    for module in program.modules.values():
        if isinstance(module, ir.CodeModule):
            text = _own(module.source, imports)
            lines = text.split("\n")
            span = Span(1, 0, len(lines), len(lines[-1]), Location(module.name), "")
            parts.append(Source(text, (span,)))
            bound |= set(bound_names(module.source).defined)
        else:
            parts.append(_class(module))
    imported = {line.split()[-1] for line in imports}
    used = _names("\n\n\n".join(part.text for part in parts))
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


def _own(source: str, imports: set[str]) -> str:
    """Python of the user's own as it was written; its imports go to the top of the file."""
    lines, rest = split_imports(source)
    imports |= set(lines)
    return rest


def _names(source: str) -> set[str]:
    return {part.id for part in ast.walk(ast.parse(source)) if isinstance(part, ast.Name)}


def _class(module: ir.Module) -> Source:
    module = condensed(module)
    lines = Lines()
    lines.add(f"class {module.name}(nn.Module):")
    lines.depth = 1
    docstring = docstring_lines(module.doc, module.hyper_parameters, lines.room())
    if docstring:
        lines.add_prose(docstring)
        lines.blank()
    forward = Lines(depth=2)
    ForwardWriter(module.forward).write(forward)
    rules = Lines(depth=2)
    write_rules(module.initializers, rules)
    stored = _stored(module, forward, rules)
    if module.declarations or module.hyper_parameters or rules.lines:
        _write_init(module, stored, lines)
        lines.blank()
    if rules.lines:
        if needs_no_grad(module.initializers):
            lines.add("@torch.no_grad()")
        lines.add("def init_weights(self):")
        lines.extend(rules)
        lines.blank()
    lines.add(f"def forward({', '.join(['self', *map(_argument, module.forward.inputs)])}):")
    lines.extend(forward)
    source = lines.source()
    last = source.text.rstrip("\n").split("\n")
    whole = Span(1, 0, len(last), len(last[-1]), Location(module.name), "")
    return Source(source.text, (whole, *source.spans))


def _write_init(module: ir.Module, stored: list[str], lines: Lines) -> None:
    arguments = ["self", *map(_argument, module.hyper_parameters)]
    lines.add(f"def __init__({', '.join(arguments)}):")
    lines.depth = 2
    lines.add("super().__init__()")
    for name in stored:
        lines.add(f"self.{name} = {name}")
    InitWriter(module).write(lines)
    if module.initializers:
        lines.add("self.init_weights()")
    lines.depth = 1


def _stored(module: ir.Module, *methods: Lines) -> list[str]:
    """The hyper-parameters that methods other than `__init__` use."""
    used = {name for lines in methods for _, text, _ in lines.lines for name in _ATTRIBUTE.findall(text.source)}
    return [name for name in module.attributes if name in used]


_ATTRIBUTE = re.compile(r"\bself\.(\w+)")


def _argument(argument: ir.Argument) -> str:
    """An argument as it stands in a signature."""
    if argument.annotation:
        return f"{argument.name}: {argument.annotation}" + (f" = {argument.default}" if argument.default else "")
    return f"{argument.name}={argument.default}" if argument.default else argument.name
