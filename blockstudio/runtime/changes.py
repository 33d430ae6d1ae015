"""Changing tensors of a live model all or nothing, and taking a change back later."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from itertools import count
from types import TracebackType
from typing import Self

import torch
from attrs import Factory, define
from torch import Tensor, nn

from blockstudio.errors import RunError, mark
from blockstudio.runtime.parameters import Slot, is_lazy, slots

Values = Mapping[str, Tensor]
"""Copies of tensors on the CPU, by state-dict key."""


def distinct(model: nn.Module) -> dict[str, Tensor]:
    """Each tensor of a model once, by its first key; those without a shape yet left out."""
    found: dict[object, Slot] = {}
    for slot in slots(model):
        if not is_lazy(slot.tensor):
            found.setdefault(slot.identity, slot)
    return {slot.path: slot.tensor for slot in found.values()}


class Transaction:
    """Within it tensors may be changed in place; an exception puts every one of them back.

    `touched` tells afterwards what the changed ones were before.
    """

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self._versions = {key: tensor._version for key, tensor in tensors.items()}
        self._before = {key: copy(tensor) for key, tensor in tensors.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            for key, value in self._before.items():
                put(self._tensors[key], value)

    def touched(self) -> Values:
        """The values before of all tensors that were written to, even with the values they had."""
        return {
            key: value
            for key, value in self._before.items()
            # `.data` leaves the version as it is.
            if self._tensors[key]._version != self._versions[key] or not _equal(self._tensors[key], value)
        }


@define
class Snapshots:
    """What tensors were before each of the last changes, within `room` bytes; the oldest are dropped first.

    Each state of the values has a number, so that undoing a change leads back to what was saved.
    """

    room: int = 2 << 30
    _kept: OrderedDict[str, tuple[int, Values]] = Factory(OrderedDict)
    _numbers: count[int] = Factory(lambda: count(1))
    _now: int = 0
    _saved: int = 0

    @property
    def unsaved(self) -> bool:
        """Whether the values are in no file, and others than those the document gives."""
        return self._now != self._saved

    def save(self) -> None:
        """The values there are now can be had again."""
        self._saved = self._now

    def change(self) -> None:
        """The values are others than before, and those before are gone."""
        self._now = next(self._numbers)

    def keep(self, values: Values) -> str:
        """A token for these values, which were changed; "" for none."""
        if not values:
            return ""
        before = self._now
        self.change()
        token = str(self._now)
        self._kept[token] = before, values
        while len(self._kept) > 1 and sum(_bytes(kept) for _, kept in self._kept.values()) > self.room:
            self._kept.popitem(last=False)
        return token

    def values(self, token: str) -> Values:
        """What a token stands for; RunError when it was dropped."""
        if token not in self._kept:
            raise RunError(mark("This change is too far back: its values are no longer kept."))
        return self._kept[token][1]

    def restored(self, token: str) -> None:
        """The values are again what they were at this token, which is of no more use."""
        self._now, _ = self._kept.pop(token)


def copy(tensor: Tensor) -> Tensor:
    """A copy on the CPU."""
    return tensor.detach().to("cpu", copy=True)


def put(tensor: Tensor, value: Tensor) -> None:
    """Give a live tensor a value in place; also where its shape was changed through `.data`."""
    with torch.no_grad():
        if tensor.shape != value.shape or tensor.dtype != value.dtype:
            tensor.data = value.to(tensor.device, copy=True)
        else:
            tensor.copy_(value)


def _equal(tensor: Tensor, value: Tensor) -> bool:
    now = tensor.detach().cpu()
    return now.shape == value.shape and now.dtype == value.dtype and torch.equal(now, value)


def _bytes(values: Values) -> int:
    return sum(value.numel() * value.element_size() for value in values.values())
