"""Exporting as the window asks for it: the live values, and an end when it is told to stop."""

from __future__ import annotations

import _thread
import threading
from pathlib import Path

import pytest
import torch

from blockstudio.engine import protocol as p
from blockstudio.graph.document import Document
from blockstudio.graph.model import CodeDefinition, Definition
from tests.compiler.documents import document, function, graph, instance, linear, net
from tests.runtime.exporting.exports import run
from tests.runtime.workers import Asked, with_example, words

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning")  # torch, of itself, when it loads


def mlp() -> Document:
    nodes = [linear("hidden", 4, 8), function("relu"), linear("out", 8, 2)]
    return net(graph("x", "y", nodes, "x>hidden hidden>relu relu>out out>y"))


@pytest.mark.parametrize("suffix", [".onnx", ".pt2"])
def test_the_values_as_they_are_now(suffix: str, tmp_path: Path) -> None:
    asked = Asked(with_example(mlp(), (3, 4)))
    weight = torch.full((8, 4), 0.25)
    state = {"hidden.weight": weight, "hidden.bias": torch.zeros(8), "out.weight": torch.ones(2, 8)}
    state["out.bias"] = torch.tensor([1.0, -1.0])
    torch.save(state, tmp_path / "own.params")
    asked(p.LoadParameters(str(tmp_path / "own.params")))
    random = torch.get_rng_state()
    file = tmp_path / f"net{suffix}"
    assert asked(p.ExportModel(str(file))) == p.Exported(str(file), file.stat().st_size)
    assert torch.equal(random, torch.get_rng_state())
    assert asked(p.ListParameters()).training
    torch.testing.assert_close(run(file, torch.ones(2, 4))[0], torch.tensor([[9.0, 7.0]] * 2))


def test_an_input_without_an_example(tmp_path: Path) -> None:
    failure = Asked(mlp()).fails(p.ExportModel(str(tmp_path / "net.pt2")))
    assert words(failure) == "The input “x” has no example to run on."
    assert list(tmp_path.iterdir()) == []


def test_it_can_be_stopped(tmp_path: Path) -> None:
    own = CodeDefinition("Loop", LOOP)
    endless = document(own, Definition("Net", graph("x", "y", [instance("loop", "Loop")], "x>loop.x loop.output>y")))
    asked = Asked()
    asked.update(with_example(endless, (2, 8)))
    asked.listed()
    timer = threading.Timer(1.0, _thread.interrupt_main)
    timer.start()
    failure = asked.fails(p.ExportModel(str(tmp_path / "net.pt2")))
    timer.join()
    assert failure.interrupted
    assert list(tmp_path.iterdir()) == []


LOOP = """\
import torch
from torch import nn


class Loop(nn.Module):
    def forward(self, x):
        while torch.compiler.is_exporting():
            pass
        return x
"""
