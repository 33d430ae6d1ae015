"""Models in every style that people write them in, to be imported: a class each, with inputs it takes."""

from tests.runtime.importing.models import attention, containers, frozen, modes, opaque, reuse, tensors, variants
from tests.runtime.importing.models.opaque import several_kinds, windows
from tests.runtime.importing.models.registry import MODELS, OPAQUE

__all__ = [
    "MODELS",
    "OPAQUE",
    "attention",
    "containers",
    "frozen",
    "modes",
    "opaque",
    "reuse",
    "several_kinds",
    "tensors",
    "variants",
    "windows",
]
