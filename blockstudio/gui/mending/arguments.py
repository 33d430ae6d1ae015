"""Mends of an option that what flows in does not allow: windows, groups, dimensions, sizes."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from blockstudio.catalog.ports import is_row
from blockstudio.gui.mending.place import Mend, Place, Shape, divisors, elements
from blockstudio.gui.mending.widths import Origin, widened


def windows(place: Place) -> Iterator[Mend]:
    """A kernel larger than what it slides over."""
    options = place.options
    if "kernel" in place.facts:
        kernel, padded = (_sizes(place, name) for name in ("kernel", "padded"))
        if len(set(kernel)) == 1 and isinstance(options.get("padding"), int):
            yield from _set(place, "padding", kernel[0] // 2)
        fits = min(padded)
        yield from _set(place, "kernel_size", fits - (fits + 1) % 2)
        return
    size = _sizes(place, "size")
    fits = min(size[1:])
    kernel_size = options.get("kernel_size")
    if fits > 1 and isinstance(kernel_size, int) and kernel_size > fits:
        yield from _set(place, "kernel_size", fits)
    if not is_row(place.document, place.location) or len(place.document.graph(place.location).nodes) > 1:
        yield place.removed(place.node.name)


def divided(place: Place) -> Iterator[Mend]:
    """A number that must be divisible by another: channels by groups, sizes by heads."""
    options, divisor = place.options, str(place.facts["divisor"])
    number, now = options.get(str(place.facts["number"])), options.get(divisor)
    if not isinstance(number, int) or not isinstance(now, int) or number < 1:
        return
    if divisor == "groups":
        others = [value for name in ("in_channels", "out_channels") if isinstance(value := options.get(name), int)]
        number = gcd(*others)
    fitting = divisors(number)
    below = [value for value in fitting if value <= now][-1:]
    above = [value for value in fitting if value > now][:1]
    for value in below + above:
        yield from _set(place, divisor, value)


def dimensions(place: Place) -> Iterator[Mend]:
    """A dimension that is not there: the last there is."""
    dim, most = place.facts["dim"], place.facts["most"]
    for name, value in place.options.items():
        if value == dim and not isinstance(value, bool) and isinstance(value, int):
            yield from _set(place, name, most)
        elif isinstance(value, tuple) and dim in value:
            yield from _set(place, name, tuple(most if part == dim else part for part in value))


def permuted(place: Place) -> Iterator[Mend]:
    """An order of dimensions that leaves some out, or names more than there are."""
    dims, count = place.options.get("dims"), int(place.facts["dimensions"])
    if isinstance(dims, tuple) and all(isinstance(dim, int) for dim in dims):
        named = [dim for dim in dims if isinstance(dim, int) and -count <= dim < count]
        rest = [dim for dim in range(count) if dim not in named and dim - count not in named]
        if len(named) + len(rest) == count:
            yield from _set(place, "dims", (*named, *rest))


def reshaped(place: Place) -> Iterator[Mend]:
    """A form that does not hold as many elements as there are."""
    if "into" not in place.facts:
        mend = place.replaced_by("torch.reshape")
        if mend is not None:
            yield mend
        return
    option = "unflattened_size" if "unflattened_size" in place.options else "shape"
    form, shape, count = place.options.get(option), place.shape(place.main), int(place.facts["count"])
    if not isinstance(form, tuple) or not all(isinstance(size, int) for size in form) or shape is None:
        return
    sizes: Shape = tuple(size for size in form if isinstance(size, int))
    for form in _forms(sizes, shape, count):
        yield from _set(place, option, form)


def _forms(sizes: Shape, shape: Shape, count: int) -> Iterator[Shape]:
    """Forms near the one that was written, which hold that many elements."""
    if -1 in sizes and len(shape) > 1 and len(sizes) > 1 and sizes[0] == -1:
        rest = count // shape[0]
        if elements(sizes[1:-1]) and rest % elements(sizes[1:-1]) == 0:
            yield (*sizes[:-1], rest // elements(sizes[1:-1]))
        return
    for place in (len(sizes) - 1, *range(len(sizes) - 1)):
        others = elements((*sizes[:place], *sizes[place + 1 :]))
        if others > 0 and count % others == 0:
            yield (*sizes[:place], -1, *sizes[place + 1 :])
            return


def shuffled(place: Place) -> Iterator[Mend]:
    """Channels that cannot be shared out among the points they are to become."""
    shape, square = place.shape(place.main), int(place.facts["factor"]) ** 2
    source = place.source(place.main)
    if shape is None or len(shape) < 3 or source is None:
        return
    wanted = -(-shape[-3] // square) * square
    mend = widened(place.session, Origin(place.location, source, place.within), -3, wanted)
    if mend is not None and "out_channels" in mend[0]:
        yield mend
    names = ("in_channels", "out_channels", "kernel_size")
    conv = place.inserting("torch.nn.Conv2d", place.main, *names, out_channels=wanted, kernel_size=1)
    if conv is not None:
        yield conv


def indexed(place: Place) -> Iterator[Mend]:
    """An index behind the end: the last there is."""
    index = str(place.facts["index"])
    for name, value in place.options.items():
        if isinstance(value, str) and value == index:
            yield from _set(place, name, str(int(place.facts["size"]) - 1))


def split(place: Place) -> Iterator[Mend]:
    """Parts that do not add up to what there is."""
    total, parts = int(place.facts["total"]), [int(part) for part in str(place.facts["parts"]).split(",")]
    last = total - sum(parts[:-1])
    option = "split_size_or_sections"
    if total % len(parts) == 0:
        yield from _set(place, option, (total // len(parts),) * len(parts))
    if last > 0:
        yield from _set(place, option, (*parts[:-1], last))


def _set(place: Place, option: str, value: object) -> Iterator[Mend]:
    mend = place.set_option(option, value)  # type: ignore[arg-type]  # numbers, or tuples of them
    if mend is not None:
        yield mend


def _sizes(place: Place, fact: str) -> list[int]:
    return [int(size) for size in str(place.facts[fact]).split("×")]
