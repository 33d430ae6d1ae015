"""Mends of a layer whose option says another size than what flows in has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import evolve

from blockstudio.graph.edits import Batch, SetNode
from blockstudio.graph.model import Function, Layer, OptionValue, Repeat, While
from blockstudio.graph.scopes import calls_of
from blockstudio.gui.canvas.facts import dimensions
from blockstudio.gui.i18n import tr
from blockstudio.gui.mending.place import Mend, Place, Shape, elements, set_option
from blockstudio.gui.mending.widths import Origin, said_as, widened

_SPATIAL = re.compile(r"(\d)d$")


def mends(place: Place) -> Iterator[Mend]:
    """The option set to what flows in, or what flows in made what the option says."""
    option, wanted, shape = str(place.facts["option"]), str(place.facts.get("wanted", "")), place.shape(place.main)
    number = int(wanted) if wanted.isdigit() else 0
    own, said = _own(place, option), _said(place, option, shape)
    if said is not None:
        yield said
        return
    flat = list(_flattened(place, shape, number))
    turned = list(_turned(place, shape, number)) if shape is not None else []
    yield from turned
    if shape is not None and (len(shape) > 3 or elements(shape[1:]) == number):
        yield from flat
    yield from _whole_flatten(place, shape)
    source = place.source(place.main)
    of_model = source is not None and not source.node
    other = None
    if source is not None and number and not (of_model and (flat or turned)):
        origin = Origin(place.location, source, place.within)
        other = widened(place.session, origin, _dimension(place, option, shape), number)
    # A layer that stands at several places fits at the others as it is.
    if other is None or not _is_shared(place):
        yield from own
    if other is not None:
        yield other
    yield from flat


def _said(place: Place, option: str, shape: Shape | None) -> Mend | None:
    """The option set to what says the size in this block: uses of other sizes fit then too."""
    source = place.source(place.main)
    if source is None:
        return None
    origin = Origin(place.location, source, place.within)
    said = said_as(place.session, origin, _dimension(place, option, shape))
    return place.expressed(option, said) if said is not None else None


def _own(place: Place, option: str) -> list[Mend]:
    value: OptionValue = place.facts["fits"]
    mend = place.set_option(option, tuple(value) if isinstance(value, list) else value)
    return [mend] if mend is not None else []


def _dimension(place: Place, option: str, shape: Shape | None) -> int:
    """Which dimension of the input the option is about, from the end."""
    spec = place.entry.option(option) if place.entry else None
    found = dimensions.fits(spec) if spec else None
    dimension = found[1] if found else -1
    return dimension if dimension < 0 or shape is None else dimension - len(shape)


def _flattened(place: Place, shape: Shape | None, wanted: int) -> Iterator[Mend]:
    """A Flatten in front of a Linear that images flow into."""
    node = place.node
    if not isinstance(node, Layer) or node.type != "torch.nn.Linear" or shape is None or len(shape) < 3:
        return
    features = elements(shape[1:])
    edit = place.insert("torch.nn.Flatten", place.main)
    if edit is None:
        return
    if wanted == features:
        yield tr("Insert a Flatten"), edit
        return
    changed = evolve(node, options={**node.options, "in_features": features})
    text = tr("Insert a Flatten and set in_features to {value}").format(value=features)
    yield text, Batch((SetNode(place.location, changed), edit))


def _turned(place: Place, shape: Shape, wanted: int) -> Iterator[Mend]:
    """The channels brought to where a convolution takes them, or made where there are none."""
    entry = place.entry
    spatial = _SPATIAL.search(entry.type) if entry is not None and entry.category == "Convolution" else None
    if spatial is None:
        return
    rank, count = len(shape), int(spatial[1])
    if rank == count + 2 and shape[-1] == wanted:
        if count == 1:
            mend = place.inserting("torch.transpose", place.main, "dim0", "dim1", dim0=1, dim1=2)
        else:
            dims = (0, rank - 1, *range(1, rank - 1))
            mend = place.inserting("torch.permute", place.main, "dims", dims=dims)
        if mend is not None:
            yield mend
    if rank == count + 1 and wanted == 1:
        mend = place.inserting("torch.unsqueeze", place.main, "dim", dim=1)
        if mend is not None:
            yield mend


def _whole_flatten(place: Place, shape: Shape | None) -> Iterator[Mend]:
    """A `flatten` before that took the batch along."""
    source = place.source(place.main)
    if source is None or not source.node or shape is None or len(shape) != 1:
        return
    node = place.document.node(place.location, source.node)
    if isinstance(node, Function) and node.type == "torch.flatten" and not node.options.get("start_dim"):
        mend = set_option(place.session, place.location, node, "start_dim", 1)
        if mend is not None:
            yield mend


def _is_shared(place: Place) -> bool:
    """Whether the layer of the node is used elsewhere too: called, or in another round, which gets what this gives."""
    location, node = place.owner
    around = location.parent
    is_repeated = around is not None and isinstance(place.document.node(around, location.steps[-1][0]), Repeat | While)
    return is_repeated or bool(calls_of(place.document, location, node.name))
