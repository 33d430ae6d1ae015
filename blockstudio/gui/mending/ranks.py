"""Mends of a layer that takes another number of dimensions than flows in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isqrt, prod

from blockstudio.catalog.catalog import catalog
from blockstudio.graph.edits import Batch
from blockstudio.graph.model import Function, Layer
from blockstudio.gui.mending.place import Mend, Place, Shape

_SPATIAL = re.compile(r"(\d)d$")
SIDE = 32
"""How large an image is as an example."""
_FLATTENERS = frozenset({"torch.nn.Flatten", "torch.flatten", "torch.ravel"})


def mends(place: Place) -> Iterator[Mend]:
    """The same layer for what flows in, or what flows in with a dimension more or fewer."""
    shape = place.shape(place.main)
    if shape is None or place.entry is None:
        return
    spatial = _SPATIAL.search(place.entry.type)
    if spatial is None:
        yield from _sequence(place, shape)
        return
    wanted = int(spatial[1]) + 2
    if len(shape) == wanted - 1:
        yield from _batch(place, shape)
    yield from _unflattened(place)
    yield from _sibling(place, shape)
    yield from _formed(place, shape, wanted) or _example(place, shape, wanted)
    if len(shape) == 2:
        yield from _linear(place, shape)


def _sibling(place: Place, shape: Shape) -> Iterator[Mend]:
    """The same for as many dimensions as there are: `BatchNorm2d` for `BatchNorm1d`."""
    assert place.entry is not None
    is_norm = "BatchNorm" in place.entry.type
    count = len(shape) - 2
    if is_norm or place.entry.category == "Pooling":
        count = max(1, count)
    other = _SPATIAL.sub(f"{count}d", place.entry.type)
    if catalog().get(other) is None or other == place.entry.type:
        return
    options = {"num_features": shape[1]} if is_norm else {}
    mend = place.replaced_by(other, **options)
    if mend is not None:
        yield mend


def _batch(place: Place, shape: Shape) -> Iterator[Mend]:
    """A batch of one, where there is one dimension too few and the channels come first."""
    channels = place.options.get("num_features", place.options.get("in_channels"))
    if channels == shape[0]:
        mend = place.inserting("torch.unsqueeze", place.main, "dim", dim=0)
        if mend is not None:
            yield mend


def _unflattened(place: Place) -> Iterator[Mend]:
    """Without what flattened it before."""
    source = place.source(place.main)
    node = place.document.graph(place.location).nodes.get(source.node) if source else None
    if isinstance(node, Layer | Function) and node.type in _FLATTENERS:
        yield place.removed(node.name)


def _example(place: Place, shape: Shape, wanted: int) -> list[Mend]:
    """Images, or what else it takes, as the example of the model's own input."""
    channels = place.options.get("in_channels")
    if len(shape) != 2 or not isinstance(channels, int):
        return []
    mend = place.example(place.main, (shape[0], channels, *[SIDE] * (wanted - 2)))
    return [mend] if mend is not None else []


def _formed(place: Place, shape: Shape, wanted: int) -> list[Mend]:
    """Features taken for an image or a sequence of the channels that are wanted: 784 for 1×28×28."""
    channels = place.options.get("in_channels", 1)
    if len(shape) != 2 or not isinstance(channels, int) or shape[1] % channels:
        return []
    points = shape[1] // channels
    side = isqrt(points)
    if wanted == 4 and side * side == points and side > 1:
        form: Shape = (channels, side, side)
    elif wanted == 3 and points > 1:
        form = (channels, points)
    else:
        return []
    mend = place.inserting("torch.nn.Unflatten", place.main, "dim", "unflattened_size", dim=1, unflattened_size=form)
    return [mend] if mend is not None else []


def _linear(place: Place, shape: Shape) -> Iterator[Mend]:
    """A Linear, which is what features without a place go into."""
    out = place.options.get("out_channels")
    if isinstance(out, int) and place.entry is not None and "Transpose" not in place.entry.type:
        mend = place.replaced_by("torch.nn.Linear", in_features=shape[1], out_features=out)
        if mend is not None:
            yield mend


def _sequence(place: Place, shape: Shape) -> Iterator[Mend]:
    """What is behind the second dimension taken together, for a layer that takes sequences."""
    option = "input_size" if "input_size" in place.options else ""
    if len(shape) < 4 or not option:
        return
    flatten = place.inserting("torch.nn.Flatten", place.main, "start_dim", start_dim=2)
    mend = place.set_option(option, prod(shape[2:]))
    if flatten is not None and mend is not None:
        yield f"{flatten[0]}; {mend[0]}", Batch((mend[1], flatten[1]))
