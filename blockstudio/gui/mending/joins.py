"""Mends of what brings several inputs together: sums, products, joins, attention, losses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import evolve

from blockstudio.catalog.catalog import catalog
from blockstudio.graph import topology
from blockstudio.graph.edits import Connect, SetNode
from blockstudio.graph.model import Constant, Endpoint, Layer, Parameter
from blockstudio.gui.i18n import tr
from blockstudio.gui.mending.place import Mend, Place, Shape, set_option
from blockstudio.gui.mending.widths import Origin, widened

_MATRICES = frozenset({"Matrix"})
_CONVOLUTION = re.compile(r"Conv(\d)d$")
_KEEP = frozenset({"Activation", "Dropout", "Normalization"})


def met(place: Place) -> Iterator[Mend]:
    """Two inputs that are computed with element by element, or multiplied as matrices."""
    ports = place.ports[-2:]
    shapes = [place.shape(port) for port in ports]
    if len(ports) < 2 or shapes[0] is None or shapes[1] is None:
        return
    if place.entry is not None and place.entry.category in _MATRICES:
        yield from _multiplied(place, ports, shapes[0], shapes[1])
    else:
        yield from _met(place, ports, shapes[0], shapes[1])


def _multiplied(place: Place, ports: list[str], left: Shape, right: Shape) -> Iterator[Mend]:
    turned = []
    if len(right) > 1 and left[-1] == right[-1]:
        turned.append(ports[1])
    if len(left) > 1 and len(right) > 1 and left[-2] == right[-2]:
        turned.append(ports[0])
    for port in turned:
        mend = place.inserting("torch.transpose", port, "dim0", "dim1", dim0=-2, dim1=-1)
        if mend is not None:
            yield mend
    if len(right) > 1:
        yield from _widened(place, ports[0], -1, right[-2])


def _met(place: Place, ports: list[str], left: Shape, right: Shape) -> Iterator[Mend]:
    if "target" in ports:  # of a loss: it is given, so the model or the example is wrong
        mend = place.example("target", dict(zip(ports, (left, right), strict=True))[ports[0]])
        if mend is not None:
            yield mend
        return
    if len(left) != len(right):
        return
    differ = [d for d in range(-len(left), 0) if left[d] != right[d] and 1 not in (left[d], right[d])]
    sides = dict(zip(ports, (left, right), strict=True))
    shortcut = _shortcut(place, ports)
    main = next(port for port in ports if port != shortcut)
    for port, other in ((main, shortcut), (shortcut, main)):
        if all(dimension > 1 - len(left) for dimension in differ):
            yield from _padded(place, port, sides[port], sides[other])
        if len(differ) == 1:
            yield from _widened(place, port, differ[0], sides[other][differ[0]])
    yield from _projected(place, shortcut, sides[shortcut], sides[main])


def _shortcut(place: Place, ports: list[str]) -> str:
    """The input that comes straight from what the other was computed of; the second, where neither does."""
    graph = place.document.graph(place.location)
    sources = {port: source.node for port in ports if (source := place.source(port)) is not None}
    first, second = (sources.get(port, "") for port in ports)
    if not first or (second and second in topology.downstream(graph, {first})):
        return ports[0]
    return ports[1]


def _widened(place: Place, port: str, dimension: int, wanted: int) -> Iterator[Mend]:
    source = place.source(port)
    if source is not None:
        mend = widened(place.session, Origin(place.location, source, place.within), dimension, wanted)
        if mend is not None:
            yield mend


def _projected(place: Place, port: str, has: Shape, wanted: Shape) -> Iterator[Mend]:
    """A layer on the shortcut that brings it to the shape of the other, as in a ResNet."""
    mend: Mend | None = None
    if len(has) in (2, 3) and has[:-1] == wanted[:-1]:
        names = ("in_features", "out_features")
        mend = place.inserting("torch.nn.Linear", port, *names, out_features=wanted[-1])
    elif len(has) == 4 and has[1] != wanted[1] and all(a % b == 0 for a, b in zip(has[2:], wanted[2:], strict=True)):
        strides = {a // b for a, b in zip(has[2:], wanted[2:], strict=True)}
        if len(strides) == 1:
            stride = strides.pop()
            shown = ("in_channels", "out_channels", "kernel_size", *(("stride",) if stride > 1 else ()))
            options = {"out_channels": wanted[1], "kernel_size": 1, "stride": stride}
            mend = place.inserting("torch.nn.Conv2d", port, *shown, **options)
    if mend is not None:
        yield mend


def _padded(place: Place, port: str, has: Shape, wanted: Shape) -> Iterator[Mend]:
    """The convolution that made an image smaller, with a padding that keeps its size."""
    graph = place.document.graph(place.location)
    source = place.source(port)
    node = graph.nodes.get(source.node) if source else None
    while node is not None:
        entry = catalog().get(getattr(node, "type", ""))
        if not isinstance(node, Layer) or entry is None:
            return
        if _CONVOLUTION.search(node.type):
            break
        if entry.category not in _KEEP:
            return
        before = graph.source_of(node.name, "input")
        node = graph.nodes.get(before.node) if before else None
    if node is None:
        return
    padding = node.options.get("padding", 0)
    lost = {b - a for a, b in zip(has[2:], wanted[2:], strict=True)}
    if not isinstance(padding, int) or len(lost) != 1 or node.options.get("stride", 1) != 1:
        return
    missing = lost.pop()
    if missing > 0 and missing % 2 == 0:
        mend = set_option(place.session, place.location, node, "padding", padding + missing // 2, place.within)
        if mend is not None:
            yield mend


def joined(place: Place) -> Iterator[Mend]:
    """Inputs that are put one behind the other."""
    shapes = {port: shape for port in place.ports if (shape := place.shape(port)) is not None}
    ranks = {len(shape) for shape in shapes.values()}
    if len(ranks) > 1:
        if min(ranks) == 2:
            for port, shape in shapes.items():
                if len(shape) > 2:
                    mend = place.inserting("torch.nn.Flatten", port)
                    if mend is not None:
                        yield mend
        return
    rank = ranks.pop()
    options = place.options
    is_cat = place.entry is not None and place.entry.type == "torch.cat"
    for dimension in range(rank) if is_cat else ():
        rests = {shape[:dimension] + shape[dimension + 1 :] for shape in shapes.values()}
        if len(rests) == 1 and dimension != options.get("dim"):
            mend = place.set_option("dim", dimension)
            if mend is not None:
                yield mend
    largest = max(shapes.values(), key=lambda shape: shape[2:])
    for port, shape in shapes.items():
        if shape[2:] != largest[2:]:
            yield from _padded(place, port, shape, largest)
    if not is_cat or rank == 2:
        for port, shape in list(shapes.items())[1:]:
            first = next(iter(shapes.values()))
            if shape[:-1] == first[:-1]:
                yield from _widened(place, port, -1, first[-1])


def counted(place: Place) -> Iterator[Mend]:
    """A loss whose target has another number of examples than its input."""
    target = place.shape("target")
    if target:
        mend = place.example("target", (int(place.facts["input"]), *target[1:]))
        if mend is not None:
            yield mend


def attended(place: Place) -> Iterator[Mend]:
    """An attention that takes the batch at another place than it comes."""
    now = bool(place.options.get("batch_first"))
    batch = 1 if now else 0
    sizes = {shape[batch] for port in ("query", "key", "value") if (shape := place.shape(port)) is not None}
    if len(sizes) == 1:
        mend = place.set_option("batch_first", not now)
        if mend is not None:
            yield mend


def started(place: Place) -> Iterator[Mend]:
    """A recurrent layer that is started from a state of another shape."""
    wanted, got = (str(place.facts[name]).split("×") for name in ("wanted", "got"))
    port = next((port for port in place.ports[1:] if list(map(str, place.shape(port) or ())) == got), "")
    source = place.source(port) if port else None
    if source is None:
        return
    node = place.document.graph(place.location).nodes.get(source.node)
    if isinstance(node, Constant | Parameter):
        found = re.match(r"\s*(torch\.(?:zeros|ones|rand|randn))\(", node.value)
        value = f"{found[1] if found else 'torch.zeros'}({', '.join(wanted)})"
        text = tr("Set the value of {name} to {value}").format(name=node.name, value=value)
        yield text, SetNode(place.location, evolve(node, value=value))
    if got[:-1] == wanted[:-1]:
        mend = place.set_option("hidden_size", int(got[-1]))
        if mend is not None:
            yield mend
    edit = Connect(place.location, Endpoint(place.node.name, port), None)
    yield tr("Start from zeros: remove the wire to {port}").format(port=port), edit
