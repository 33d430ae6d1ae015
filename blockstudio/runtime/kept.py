"""Values of models that are gone, for the ones that follow: an edit of the document, or its undo, loses no training."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from attrs import Factory, define, frozen
from torch import Tensor, nn

from blockstudio.runtime.parameters import Slot, is_lazy, slots

Origin = Callable[[Slot], Hashable]
"""What a tensor comes from: it is taken over only where that is the same."""


@frozen
class Kept:
    tensor: Tensor
    gradient: Tensor | None


@define
class KeptValues:
    """The last values of each key, shape and origin, within `room` bytes beyond what the live model takes over."""

    room: int = 1 << 30
    _values: OrderedDict[Hashable, Kept] = Factory(OrderedDict)

    def keep(self, model: nn.Module, origin: Origin) -> None:
        """Remember a model that goes; its tensors are kept as they are, not copied."""
        for slot in slots(model):
            if not is_lazy(slot.tensor):
                key = _key(slot, origin)
                gradient = slot.tensor.grad if slot.is_parameter else None
                self._values.pop(key, None)
                self._values[key] = Kept(slot.tensor.detach(), gradient)

    def give(self, model: nn.Module, origin: Origin) -> frozenset[str]:
        """Put values into a fresh model where key, shape, type and origin are as they were; their keys."""
        given: dict[str, Hashable] = {}
        done: set[int] = set()
        for slot in list(slots(model)):
            key = None if is_lazy(slot.tensor) else _key(slot, origin)
            kept = self._values.get(key)
            if kept is None:
                continue
            given[slot.path] = key
            if id(slot.tensor) not in done:
                done.add(id(slot.tensor))
                _put(slot, kept)
        for key in given.values():
            del self._values[key]
        while sum(map(_bytes, self._values.values())) > self.room:
            self._values.popitem(last=False)
        return frozenset(given)

    @property
    def holds_any(self) -> bool:
        return bool(self._values)

    def forget(self) -> None:
        self._values.clear()


def _key(slot: Slot, origin: Origin) -> Hashable:
    return slot.path, slot.tensor.shape, slot.tensor.dtype, origin(slot)


def _put(slot: Slot, kept: Kept) -> None:
    if not slot.is_parameter:
        slot.module._buffers[slot.name] = kept.tensor
        return
    slot.tensor.data = kept.tensor
    slot.tensor.grad = kept.gradient if slot.tensor.requires_grad else None


def _bytes(kept: Kept) -> int:
    return kept.tensor.numel() * kept.tensor.element_size()
