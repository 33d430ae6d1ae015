from __future__ import annotations

import torch
from torch import nn

from blockstudio.runtime.kept import KeptValues
from blockstudio.runtime.parameters import Slot, layer_type


def origin(slot: Slot) -> str:
    return layer_type(slot.module)


def test_what_fits_is_taken_over_with_its_gradient() -> None:
    old = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    old(torch.rand(5, 3)).sum().backward()
    new = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
    new[0].bias.requires_grad_(False)  # as its own document says
    kept = KeptValues()
    kept.keep(old, origin)
    given = kept.give(new, origin)
    assert given == {key for key in old.state_dict() if not key.startswith("2.")}
    assert torch.equal(new[0].weight, old[0].weight) and torch.equal(new[0].weight.grad, old[0].weight.grad)
    assert not new[0].bias.requires_grad and new[0].bias.grad is None
    assert torch.equal(new[1].running_mean, old[1].running_mean)
    assert isinstance(new[0].weight, nn.Parameter)


def test_undo_brings_the_values_of_a_removed_layer_back() -> None:
    kept = KeptValues()
    first = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 4))
    kept.keep(first, origin)
    second = nn.Sequential(nn.Linear(3, 4))
    assert kept.give(second, origin) == {"0.weight", "0.bias"}
    kept.keep(second, origin)
    third = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 4))
    assert len(kept.give(third, origin)) == 4
    assert torch.equal(third[1].weight, first[1].weight)


def test_undo_brings_the_values_of_another_shape_back() -> None:
    kept = KeptValues()
    first, second, third = nn.Linear(3, 4), nn.Linear(3, 5), nn.Linear(3, 4)
    kept.keep(first, origin)
    assert not kept.give(second, origin)
    kept.keep(second, origin)
    assert len(kept.give(third, origin)) == 2
    assert torch.equal(third.weight, first.weight)


def test_another_layer_under_the_same_key_starts_afresh() -> None:
    kept = KeptValues()
    kept.keep(nn.Sequential(nn.LayerNorm(4)), origin)
    assert not kept.give(nn.Sequential(nn.BatchNorm1d(4)), origin)


def test_shared_tensors_stay_shared() -> None:
    def tied() -> nn.Module:
        linear = nn.Linear(2, 2)
        return nn.Sequential(linear, linear)

    kept, old, new = KeptValues(), tied(), tied()
    kept.keep(old, origin)
    assert len(kept.give(new, origin)) == 4
    assert new[0].weight is new[1].weight and torch.equal(new[0].weight, old[0].weight)


def test_bounded() -> None:
    kept = KeptValues(room=100)
    kept.keep(nn.Sequential(nn.Linear(100, 100), nn.Linear(2, 2)), origin)
    assert kept.give(nn.Sequential(nn.ReLU()), origin) == frozenset()
    assert kept.give(nn.Sequential(nn.Linear(100, 100), nn.Linear(2, 2)), origin) == {"1.weight", "1.bias"}


def test_forgotten() -> None:
    kept = KeptValues()
    kept.keep(nn.Linear(1, 1), origin)
    kept.forget()
    assert not kept.give(nn.Linear(1, 1), origin)
