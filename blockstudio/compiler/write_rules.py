"""The body of `init_weights`: the initialisers of a definition."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from itertools import groupby

from attrs import evolve

from blockstudio.compiler import ir
from blockstudio.compiler.snippets import quoted
from blockstudio.compiler.text import Lines, Text
from blockstudio.graph.expressions import substitute
from blockstudio.graph.model import OLD_VALUE

_IN_PLACE = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


def write_rules(rules: Iterable[ir.InitRule], lines: Lines) -> None:
    """Write the rules, those for layers of one type in one loop."""
    for (target, layer_type), group in groupby(rules, lambda rule: (rule.target, rule.layer_type)):
        if not layer_type:
            for rule in group:
                _write_rule(rule, target, lines)
            continue
        lines.add(f"for module in {target}.modules():")
        lines.depth += 1
        condition = f"type(module) is {layer_type}"
        first, *others = group
        if first.optional and first.parameter and not first.source and not others:  # one condition instead of two
            condition += f" and module.{first.parameter} is not None"
            first = evolve(first, optional=False)
        lines.add(f"if {condition}:")
        lines.depth += 1
        for rule in (first, *others):
            _write_rule(rule, "module", lines)
        lines.depth -= 2


def needs_no_grad(rules: Iterable[ir.InitRule]) -> bool:
    """Whether autograd must be told to look away: torch's own initialisers do that themselves."""
    return any(
        not rule.function.startswith("nn.init.") and (rule.index or not _is_number(rule.expression))
        for rule in rules
        if not rule.source and rule.trainable is None
    )


def _write_rule(rule: ir.InitRule, target: str, lines: Lines) -> None:
    depth = lines.depth
    if rule.source:
        target += f".{rule.parameter}" if rule.parameter else ""
        lines.add(Text(f"{target} = {rule.source}").marked(rule.location, rule.node))
        return
    if rule.parameter:
        target += f".{rule.parameter}"
        if rule.optional:
            lines.add(f"if {target} is not None:")
            lines.depth += 1
    elif not rule.is_tensor and rule.trainable is None:  # a module sets that of all its parameters itself
        lines.add(f"for parameter in {target}.parameters():")
        lines.depth += 1
        target = "parameter"
        if rule.minimum_rank:
            lines.add(f"if parameter.dim() >= {rule.minimum_rank}:")
            lines.depth += 1
    lines.add(Text(_action(rule, target)).marked(rule.location, rule.node))
    lines.depth = depth


def _action(rule: ir.InitRule, target: str) -> str:
    """What is done to one tensor, or to a module."""
    if rule.trainable is not None:
        return f"{target}.requires_grad_({rule.trainable})"
    if rule.function:
        return f"{rule.function}({', '.join([target, *rule.arguments])})"
    part = f"{target}[{rule.index}]" if rule.index else target
    tree = ast.parse(rule.expression, mode="eval").body
    if isinstance(tree, ast.BinOp) and isinstance(tree.left, ast.Name) and tree.left.id == OLD_VALUE:
        sign = _IN_PLACE.get(type(tree.op))
        if sign:
            return quoted(f"{part} {sign}= {substitute(ast.unparse(tree.right), {OLD_VALUE: part})}")
    value = quoted(substitute(rule.expression, {OLD_VALUE: part}))
    if rule.index:
        return f"{part} = {value}"
    return f"nn.init.constant_({part}, {value})" if _is_number(rule.expression) else f"{part}.copy_({value})"


def _is_number(expression: str) -> bool:
    """Whether an expression is arithmetic with numbers and hyper-parameters only."""
    if not expression:
        return False
    parts = ast.walk(ast.parse(expression, mode="eval").body)
    return not any(isinstance(part, ast.List | ast.Tuple | ast.Call) or _is_old_value(part) for part in parts)


def _is_old_value(part: ast.AST) -> bool:
    return isinstance(part, ast.Name) and part.id == OLD_VALUE
