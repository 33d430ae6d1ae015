from __future__ import annotations

import pytest
import torch
from torch import nn

from blockstudio.errors import RunError
from blockstudio.runtime.changes import Snapshots, Transaction, distinct


def test_an_exception_puts_everything_back() -> None:
    net = nn.Linear(3, 2)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    with pytest.raises(ZeroDivisionError), torch.no_grad(), Transaction(distinct(net)):
        net.weight.fill_(1)
        net.bias.data = torch.zeros(7)
        1 / 0  # noqa: B018
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_an_interrupt_puts_everything_back() -> None:
    net = nn.Linear(1, 1)
    before = net.weight.item()
    with pytest.raises(KeyboardInterrupt), Transaction(distinct(net)):
        net.weight.data.fill_(9)
        raise KeyboardInterrupt
    assert net.weight.item() == before


def test_what_was_touched() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    with Transaction(distinct(net)) as transaction, torch.no_grad():
        net[0].weight[0, 0] = 42
        net[0].bias.data += 1
        net[1].weight.fill_(1)  # the value it has
    assert set(transaction.touched()) == {"0.weight", "0.bias", "1.weight"}


def test_a_shared_tensor_is_kept_once() -> None:
    linear = nn.Linear(2, 2)
    assert set(distinct(nn.Sequential(linear, linear, nn.LazyLinear(2)))) == {"0.weight", "0.bias"}


def test_tokens() -> None:
    kept = Snapshots()
    first, second = kept.keep({"a": torch.ones(2)}), kept.keep({"b": torch.zeros(2)})
    assert first != second
    assert kept.values(first)["a"].tolist() == [1, 1]
    assert kept.keep({}) == ""
    for token in ("", "nonsense"):
        with pytest.raises(RunError, match="too far back"):
            kept.values(token)


def test_the_oldest_are_dropped_for_room() -> None:
    kept = Snapshots(room=100)
    tokens = [kept.keep({"a": torch.zeros(10)}) for _ in range(4)]
    assert kept.values(tokens[3]) and kept.values(tokens[2])
    with pytest.raises(RunError):
        kept.values(tokens[1])
    large = kept.keep({"a": torch.zeros(1000)})
    assert kept.values(large)  # the last change can always be undone
