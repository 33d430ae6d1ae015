"""Initialisation rules as the panels make them: recorded in the document and run now, as one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from blockstudio.engine.protocol import ApplyInitializers, Changed, Failure
from blockstudio.errors import mark
from blockstudio.graph.definition_commands import set_initializers
from blockstudio.graph.expressions import names_in
from blockstudio.graph.model import Initializer
from blockstudio.gui.i18n import tr
from blockstudio.gui.panels.asking import report
from blockstudio.gui.session import Session

BUILT_IN = "torch.nn.init."
EVERYTHING = mark("every parameter")


def tensor_rule(path: str, index: str, expression: str) -> Initializer:
    """The rule of the root block that assigns to a part of one tensor."""
    target, _, parameter = path.rpartition(".")
    return Initializer(target=target, parameter=parameter, index=index, expression=expression)


def with_rule(rules: Sequence[Initializer], rule: Initializer) -> list[Initializer]:
    """The rules with one more, without those for the same tensors that it overwrites."""
    scope = _scope(rule)
    kept = [
        old
        for old in rules
        if old.same_as or old.trainable is not None or _scope(old) != scope or not _overwrites(rule, old)
    ]
    return [*kept, rule]


def with_trainable(rules: Sequence[Initializer], target: str, parameter: str, trainable: bool) -> list[Initializer]:
    """The rules by which a parameter, or all in a module, are trained or not; those they make pointless left out."""
    rule = Initializer(target=target, parameter=parameter, trainable=trainable)
    kept = [old for old in rules if old.trainable is None or not _holds(rule, old)]
    frozen_around = any(old.trainable is False and (old.layer_type or _holds(old, rule)) for old in kept)
    if trainable and len(kept) < len(rules) and not frozen_around:
        return kept
    return [*kept, rule]


def _holds(one: Initializer, other: Initializer) -> bool:
    """Whether all that one rule is for is what the other is for, too."""
    outer, inner = (".".join(filter(None, (rule.target, rule.parameter))) for rule in (one, other))
    return not outer or f"{inner}.".startswith(f"{outer}.")


def set_trainable(session: Session, target: str, parameter: str, trainable: bool, text: str) -> None:
    """Record in the root block whether a parameter, or all in a module, are trained."""
    document = session.document
    rules = with_trainable(document.definition(document.root).initializers, target, parameter, trainable)
    session.push(set_initializers(document, document.root, rules), text)


def _scope(rule: Initializer) -> tuple[str, str, str]:
    return rule.target, rule.layer_type, rule.parameter


def _overwrites(rule: Initializer, old: Initializer) -> bool:
    if rule.function:
        return rule.function.startswith(BUILT_IN)
    return "x" not in names_in(rule.expression) and rule.index in ("", old.index)


def scope_text(rule: Initializer) -> str:
    """What a rule fills: "hidden.weight", "weight of every Linear in net", "every parameter"."""
    layer = rule.layer_type.rpartition(".")[2]
    if layer and rule.target:
        text = tr("{parameter} of every {layer} in {target}")
        return text.format(parameter=rule.parameter or tr("every parameter"), layer=layer, target=rule.target)
    if layer:
        text = tr("{parameter} of every {layer}")
        return text.format(parameter=rule.parameter or tr("every parameter"), layer=layer)
    if rule.parameter:
        path = f"{rule.target}.{rule.parameter}" if rule.target else rule.parameter
        return f"{path}[{rule.index}]" if rule.index else path
    return tr("every parameter in {target}").format(target=rule.target) if rule.target else tr("every parameter")


def action_text(rule: Initializer) -> str:
    """What a rule does: "normal_(std=0.01)", "= x + 1", "is tok.weight"."""
    if rule.trainable is not None:
        return tr("is trained") if rule.trainable else tr("is not trained")
    if rule.same_as:
        return tr("is {path}").format(path=rule.same_as)
    if rule.function:
        arguments = ", ".join(f"{name}={_value(value)}" for name, value in rule.arguments.items())
        return f"{rule.function.removeprefix(BUILT_IN)}({arguments})"
    return f"= {rule.expression}"


def _value(value: object) -> str:
    return str(getattr(value, "text", None) or repr(value))


def apply_rule(
    session: Session,
    definition: str,
    rule: Initializer,
    text: str,
    done: Callable[[Changed], None] | None = None,
    refused: Callable[[Failure], None] | None = None,
    *,
    replace: int | None = None,
) -> bool:
    """Run a rule on the model, then record it; `text` names the step of undo. False where there is no engine.

    It is recorded only once the engine has run it, so that a rule that does not fit leaves no trace: as the
    last rule of the definition, or in place of the rule of number `replace`.
    """
    document = session.document

    def answered(changed: Changed) -> None:
        if session.document is not document or definition not in document.definitions:
            return
        with session.guard():
            rules = list(document.definition(definition).initializers)
            if replace is not None and replace < len(rules):
                rules[replace] = rule
            else:
                rules = with_rule(rules, rule)
            session.push_with_values(set_initializers(document, definition, rules), changed.token, text)
        if done:
            done(changed)

    def failed(failure: Failure) -> None:
        if refused:
            refused(failure)
        else:
            report(session, failure)

    if session.kernel is None:
        return False
    session.kernel.request(ApplyInitializers((rule,), definition), answered, failed)
    return True
