"""torchvision and timm as sources of models: their pure Python works without the operators of torchvision's wheel.

They are no dependency: `pip install --no-deps torchvision timm pillow huggingface_hub` beside the torch there is.
"""

from __future__ import annotations

import importlib
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

_REGISTRATIONS = ("torchvision._meta_registrations", "torchvision._autograd_registrations")
"""Modules that need the operators, which are for another build of torch."""


def torchvision() -> types.ModuleType:
    """torchvision; ImportError where it is not installed."""
    for name in _REGISTRATIONS:
        sys.modules.setdefault(name, types.ModuleType(name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = importlib.import_module("torchvision")
        for part in ("segmentation", "video", "detection", "optical_flow", "quantization"):
            importlib.import_module(f"torchvision.models.{part}")
    return found


def timm() -> types.ModuleType:
    """timm; ImportError where it is not installed."""
    torchvision()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("timm")


def target_of(name: str) -> tuple[str, dict[str, Any]]:
    """The target to import for a builder of torchvision, or of timm ("timm.resnet18"), and its arguments: no
    weights are fetched."""
    if name.startswith("timm."):
        timm()
        return "timm:create_model", {"model_name": name.removeprefix("timm."), "pretrained": False}
    home = torchvision().models.get_model_builder(name).__module__
    arguments: dict[str, Any] = {"name": name, "weights": None}
    if home.split(".")[-2] in ("detection", "segmentation"):
        arguments["weights_backbone"] = None
    return "torchvision.models:get_model", arguments


def inputs_for(name: str) -> tuple[torch.Tensor, ...] | None:
    """Inputs that a model takes; None for detectors, which take lists."""
    generator = torch.Generator().manual_seed(len(name))
    if name.startswith("timm."):
        size = timm().create_model(name.removeprefix("timm.")).pretrained_cfg.get("input_size", (3, 224, 224))
        return (torch.randn(2, *size, generator=generator),)
    home = torchvision().models.get_model_builder(name).__module__
    if "detection" in home:
        return None
    if "optical_flow" in home:
        return tuple(torch.randn(1, 3, 128, 128, generator=generator) for _ in range(2))
    if "video" in home:
        size = 224 if name.startswith(("mvit", "swin", "s3d")) else 112
        return (torch.randn(1, 3, 16, size, size, generator=generator),)
    size = 299 if "inception" in name else 518 if name == "vit_h_14" else 224
    return (torch.randn(2, 3, size, size, generator=generator),)


@contextmanager
def quiet() -> Iterator[None]:
    """Let other people's models warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
