"""Which steps of a forward something comes of."""

from __future__ import annotations

from torch import fx

from blockstudio.runtime.importing.effects import Effects
from blockstudio.runtime.importing.special import Step

_RANDOM = frozenset(
    "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout rrelu rand randn randint randperm "
    "normal bernoulli multinomial poisson rand_like randn_like randint_like gumbel_softmax bernoulli_ normal_ uniform_ "
    "exponential_ scaled_dot_product_attention".split()
)
CHECKS = frozenset(("_assert", "_check", "_check_is_size", "_check_with", "assert_fn", "_assert_async"))
"""Functions that check their arguments only."""


def needed(effects: Effects) -> set[fx.Node]:
    """The steps that a result depends on, those that call modules, and those that draw random numbers."""
    found: set[fx.Node] = set()
    pending = [effects.latest.get(node, node) for node in effects.results]
    for node, step in effects.steps.items():
        name = step.target if isinstance(step.target, str) else getattr(step.target, "__name__", "")
        if node.op == "call_module" or (node.op.startswith("call_") and name in _RANDOM):
            pending.append(node)
    while pending:
        node = pending.pop()
        if node in found:
            continue
        found.add(node)
        known = effects.steps.get(node)
        if known is not None:
            fx.node.map_arg((known.args, known.kwargs), pending.append)
    return found


def checked(step: Step) -> str:
    """What a step says that only checks something; "" for others."""
    name = getattr(step.target, "__name__", "")
    if name not in CHECKS:
        return ""
    said = [arg for arg in (*step.args[1:], *step.kwargs.values()) if isinstance(arg, str)]
    return said[0].rstrip(".") if said else f"torch.{name}"
