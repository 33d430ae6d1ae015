"""Other people's models come in where they are installed, as few definitions."""

from __future__ import annotations

import warnings

import pytest

from blockstudio.graph.model import CodeDefinition
from blockstudio.runtime.importer import import_target
from blockstudio.runtime.importing.target import make
from tests.helpers import zoo
from tests.runtime.importing.oracle import assert_same


def available(name: str) -> None:
    try:
        getattr(zoo, name)()
    except ImportError:
        pytest.skip(f"{name} is not installed")


@pytest.mark.parametrize(
    ("name", "definitions"),
    [
        ("resnet152", 2),
        ("vgg16_bn", 1),
        ("vit_b_16", 4),
        ("mobilenet_v2", 4),
        ("fcn_resnet50", 4),
        ("shufflenet_v2_x0_5", 2),
        ("regnet_y_400mf", 7),
        ("googlenet", 4),
        ("inception_v3", 9),
        ("efficientnet_b0", 9),
    ],
)
def test_models_of_torchvision(name: str, definitions: int) -> None:
    available("torchvision")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        target, arguments = zoo.target_of(name)
        result = import_target(target, arguments)
        assert not result.opaque
        assert len(result.document.definitions) == definitions
        inputs = zoo.inputs_for(name)
        assert inputs is not None
        assert_same(make(target, arguments).module, result.document, inputs, gradients=False)


@pytest.mark.parametrize("name", ["resnet10t", "vit_tiny_patch16_224", "swin_tiny_patch4_window7_224", "mobilevit_xxs"])
def test_models_of_timm(name: str) -> None:
    available("timm")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        target, arguments = zoo.target_of(f"timm.{name}")
        result = import_target(target, arguments)
        assert any(not isinstance(found, CodeDefinition) for found in result.document.definitions.values())
        inputs = zoo.inputs_for(f"timm.{name}")
        assert inputs is not None
        assert_same(make(target, arguments).module, result.document, inputs, gradients=False)
