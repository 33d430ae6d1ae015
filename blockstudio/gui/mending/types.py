"""Mends of a node that takes another type of numbers than flows in."""

from __future__ import annotations

from collections.abc import Iterator

from blockstudio.gui.i18n import tr
from blockstudio.gui.mending.place import Mend, Place

CONVERSIONS = {
    "float32": "torch.Tensor.float",
    "float64": "torch.Tensor.double",
    "float16": "torch.Tensor.half",
    "bfloat16": "torch.Tensor.bfloat16",
    "int64": "torch.Tensor.long",
    "int32": "torch.Tensor.int",
    "bool": "torch.Tensor.bool",
}
_OF_WORDS = ("input_size", "d_model", "embed_dim")
"""The options of layers that read sequences of vectors, where words are numbers."""


def mends(place: Place) -> Iterator[Mend]:
    """A conversion on the wire, the example in the type that is wanted, or an Embedding of whole numbers."""
    if "dtypes" in place.facts:
        yield from _alike(place)
        return
    port = place.main
    wanted = str(place.facts.get("wanted", ""))
    if not wanted:
        wanted = "int64" if place.entry is not None and "mbedding" in place.entry.type else "float32"
    converted, example = _converted(place, port, wanted), place.example(port, dtype=wanted)
    looked_up = _looked_up(place, port)
    # What is looked up was meant to be whole numbers, and what is read as vectors to be looked up first.
    order = (example, converted) if wanted == "int64" else (converted, example)
    yield from (mend for mend in ((looked_up,) if looked_up else order) if mend is not None)


def _alike(place: Place) -> Iterator[Mend]:
    """Every input in the type of those that hold fractions."""
    types = {port: flowing.dtype for port in place.ports if (flowing := place.flowing(port)) is not None}
    floats = [dtype for dtype in types.values() if "float" in dtype]
    wanted = max(floats, key=lambda dtype: int(dtype[-2:]), default=next(iter(types.values()), ""))
    for port, dtype in types.items():
        if dtype != wanted:
            mend = _converted(place, port, wanted)
            if mend is not None:
                yield mend


def _converted(place: Place, port: str, wanted: str) -> Mend | None:
    payload = CONVERSIONS.get(wanted)
    edit = place.insert(payload, port) if payload else None
    return (tr("Convert to {dtype}").format(dtype=wanted), edit) if edit is not None else None


def _looked_up(place: Place, port: str) -> Mend | None:
    flowing = place.flowing(port)
    size = next((value for name in _OF_WORDS if isinstance(value := place.options.get(name), int)), None)
    if size is None or flowing is None or "int" not in flowing.dtype or len(flowing.shape or ()) != 2:
        return None
    names = ("num_embeddings", "embedding_dim")
    return place.inserting("torch.nn.Embedding", port, *names, num_embeddings=100, embedding_dim=size)
