"""What does not train in a model does not train in its document."""

from __future__ import annotations

import torch
from torch import nn

from blockstudio.runtime.importer import import_module
from tests.runtime.importing.models import MODELS
from tests.runtime.importing.models.frozen import DataLoop


def rules(name: str) -> list[tuple[str, str]]:
    make, _ = MODELS[name]
    document = import_module(make()).document
    found = document.definition(document.root).initializers
    return [(rule.target, rule.parameter) for rule in found if rule.trainable is False]


def test_whole_modules_are_frozen_by_one_rule_each() -> None:
    assert rules("frozen_backbone") == [
        ("conv", ""),
        ("layer1", ""),
        ("layer2", ""),
        ("layer3.0", ""),
        ("layer3.1.conv1", ""),
        ("layer3.1.bn1", ""),
        ("layer3.1.conv2", ""),
    ]


def test_lists_are_frozen_member_by_member_and_parameters_by_name() -> None:
    assert rules("FrozenParts") == [
        ("", "scale"),
        ("layers.0", ""),
        ("layers.1", ""),
        ("pairs.1.0", ""),
        ("out", "bias"),
    ]


def test_nothing_is_said_of_a_model_that_trains() -> None:
    assert rules("SmallResNet") == []


class FreezesItself(DataLoop):
    def __init__(self) -> None:
        super().__init__()
        self.linear.requires_grad_(False)


def frozen_notes(module: nn.Module) -> list[object]:
    torch.manual_seed(0)
    return [note.facts["names"] for note in import_module(module).report if note.code == "frozen"]


def test_a_model_that_is_all_python_tells_what_trains_though_it_did_not() -> None:
    model = DataLoop()
    model.linear.bias.requires_grad_(False)
    assert frozen_notes(model) == ["linear.bias"]
    assert frozen_notes(FreezesItself()) == []
    assert frozen_notes(DataLoop()) == []
