"""The documents that the golden files show: the chapter's models, and one for each construct."""

from collections.abc import Callable

from blockstudio.graph.document import Document
from tests.compiler.models.control import (
    branches,
    choices,
    chosen,
    in_training,
    modes,
    none_of,
    repeat_shared,
    repeat_unshared,
    stages,
)
from tests.compiler.models.lesson import (
    centered,
    fixed_hidden_mlp,
    initializers,
    mlp,
    named_sequential,
    nested,
    parameters,
    sequential,
    shared,
)
from tests.compiler.models.networks import attention, bottleneck, lstm, residual, resnet
from tests.compiler.models.parts import CENTERED, chained
from tests.compiler.models.special import devices, frozen, lists, numbered, tied

__all__ = [
    "CENTERED",
    "MODELS",
    "bottleneck",
    "chained",
    "choices",
    "chosen",
    "in_training",
    "none_of",
    "resnet",
    "stages",
]

MODELS: dict[str, Callable[[], Document]] = {
    model.__name__: model
    for model in (
        numbered,
        tied,
        mlp,
        fixed_hidden_mlp,
        centered,
        sequential,
        named_sequential,
        nested,
        shared,
        lstm,
        residual,
        bottleneck,
        resnet,
        branches,
        choices,
        modes,
        repeat_shared,
        repeat_unshared,
        stages,
        attention,
        parameters,
        initializers,
        frozen,
        lists,
        devices,
    )
}
