"""What torch says when it refuses something, said for a person: its messages, and the facts in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from blockstudio.errors import mark
from blockstudio.runtime.abstract import TIMES

Facts = dict[str, Any]


def _number(text: str) -> int:
    return int(text)


def _sizes(text: str) -> str:
    """Sizes as they are shown everywhere: `2×20` for "2, 20" and "2x20"."""
    return TIMES.join(re.findall(r"-?\d+", text)) or "()"


@frozen
class _Refusal:
    """A message of torch, the words for it, and what is done with each named part of it."""

    said: re.Pattern[str]
    template: str
    read: Mapping[str, Callable[[str], Any]]


def _refusal(said: str, template: str, **read: Callable[[str], Any]) -> _Refusal:
    return _Refusal(re.compile(said), template, read)


_SIZES = r"[\[(]?(?P<{}>[\dx, ]+)[\])]?"

_OVERFLOW = _refusal(
    r"Overflow when unpacking|int too (big|large) to convert",
    mark("It has a whole number that is too large: torch counts up to 9,223,372,036,854,775,807."),
)

_STEPS = (
    _OVERFLOW,
    _refusal(
        r"expected to be in range of \[(?P<least>-?\d+), (?P<most>-?\d+)\], but got (?P<dim>-?\d+)",
        mark("There is no dimension {dim} in {inputs}: it must be from {least} to {most}."),
        least=_number,
        most=_number,
        dim=_number,
    ),
    _refusal(
        rf"Given input size: {_SIZES.format('size')}\. Calculated output size: {_SIZES.format('left')}",
        mark("{inputs} is too small for its window: {left} would be left of {size}."),
        size=_sizes,
        left=_sizes,
    ),
    _refusal(
        rf"padded input size per channel: {_SIZES.format('padded')}\. Kernel size: {_SIZES.format('kernel')}\.",
        mark("Its kernel of {kernel} is larger than the {padded} that it slides over ({inputs})."),
        padded=_sizes,
        kernel=_sizes,
    ),
    _refusal(
        r"input\.dim\(\) = (?P<dimensions>\d+) is not equal to len\(dims\) = (?P<given>\d+)",
        mark("{inputs} has {dimensions} dimensions, but dims names {given}: each must be named once."),
        dimensions=_number,
        given=_number,
    ),
    _refusal(
        r"Provided sizes \[(?P<into>[\d, -]+)\] don't multiply up to the size of dim -?\d+ \((?P<count>\d+)\)",
        mark("{count} cannot be parted into {into}."),
        into=_sizes,
        count=_number,
    ),
    _refusal(
        r"pixel_shuffle: .* with upscale_factor = (?P<factor>\d+)",
        mark("The channels of {inputs} must be a multiple of {factor} × {factor}."),
        factor=_number,
    ),
    _refusal(
        r"index (?P<index>-?\d+) is out of bounds for dimension (?P<dim>\d+) with size (?P<size>\d+)",
        mark("There is no index {index} in dimension {dim} of {inputs}, which has {size}, counted from 0."),
        index=_number,
        dim=_number,
        size=_number,
    ),
    _refusal(
        r"too many indices for tensor of dimension (?P<dimensions>\d+)",
        mark("There are more indices than the {dimensions} dimensions of {inputs}."),
        dimensions=_number,
    ),
    _refusal(
        r"Expected input batch_size \((?P<input>\d+)\) to match target batch_size \((?P<target>\d+)\)",
        mark("The input has {input} examples, the target {target}: there must be one for each."),
        input=_number,
        target=_number,
    ),
    _refusal(
        rf"Expected (?P<state>hidden)\S* size {_SIZES.format('wanted')}, got {_SIZES.format('got')}",
        mark("Its first state must be {wanted} (layers × batch × hidden_size), but is {got}."),
        state=str,
        wanted=_sizes,
        got=_sizes,
    ),
    _refusal(
        r"split_sizes to sum exactly to (?P<total>\d+) .* got split_sizes=\[(?P<parts>[\d, ]+)\]",
        mark("The parts {parts} must add up to {total} ({inputs})."),
        total=_number,
        parts=str,
    ),
    _refusal(
        rf"same reduction dim, but got {_SIZES.format('left')} X {_SIZES.format('right')}",
        mark("{left} cannot be multiplied by {right}: the columns must be as many as the rows."),
        left=_sizes,
        right=_sizes,
    ),
    _refusal(
        r"Got (?P<dimensions>\d)D input, but (?P<mode>\w+) mode needs (?P<wanted>\d)D input",
        mark("The mode “{mode}” needs {wanted} dimensions, but {inputs} has {dimensions}."),
        dimensions=_number,
        mode=str,
        wanted=_number,
    ),
    _refusal(
        r"should be less than the corresponding input dimension, but got: padding \((?P<padding>[\d, ]+)\)",
        mark("{inputs} is too small for a padding of {padding}: it must be less than the size it mirrors."),
        padding=str,
    ),
)

_CONSTRUCTORS = (
    _OVERFLOW,
    _refusal(
        r"(?P<number>\w+)(?: \(\d+\))? must be divisible by (?P<divisor>\w+)",
        mark("{number} must be divisible by {divisor}."),
        number=str,
        divisor=str,
    ),
)


def overflow(text: str) -> str | None:
    """The wording of a number that torch cannot count to; None where that is not what it says."""
    found = _found((_OVERFLOW,), text)
    return found[0] if found else None


def step_refused(text: str) -> tuple[str, Facts] | None:
    """The wording and the facts of what torch says of a step; its inputs are a fact to be added."""
    return _found(_STEPS, text)


def layer_refused(text: str, source: str) -> tuple[str, Facts] | None:
    """The same of a layer that cannot be made by some source."""
    found = _found(_CONSTRUCTORS, text)
    if found is not None and "nn.Transformer" in source:
        names = {"embed_dim": "d_model", "num_heads": "nhead"}  # as it hands them to its attention
        found = found[0], {fact: names.get(name, name) for fact, name in found[1].items()}
    return found


def _found(refusals: tuple[_Refusal, ...], text: str) -> tuple[str, Facts] | None:
    for refusal in refusals:
        match = refusal.said.search(text)
        if match:
            return refusal.template, {name: read(match[name]) for name, read in refusal.read.items()}
    return None
