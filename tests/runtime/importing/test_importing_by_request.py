"""Imports as the window asks for them: the worker answers with the project, and keeps the weights for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from blockstudio.compiler import check
from blockstudio.engine import protocol as p
from blockstudio.formats.import_report import kept
from blockstudio.formats.project import from_json
from blockstudio.gui.session import new_document
from blockstudio.runtime.build import build
from blockstudio.runtime.importer import import_target
from tests.runtime.workers import Asked, words

NET = """
from torch import nn
from helper import act

class Net(nn.Module):
    def __init__(self, channels=4):
        super().__init__()
        self.lin = nn.Linear(channels, 2)
        nn.init.constant_(self.lin.weight, 3.0)

    def forward(self, x):
        print("hello")
        return act(self.lin(x))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(NET.replace('        print("hello")\n', ""))
    (tmp_path / "prints.py").write_text(NET)
    (tmp_path / "helper.py").write_text("def act(x):\n    return x.relu()\n")
    return tmp_path


def test_the_weights_come_after_the_document(folder: Path) -> None:
    asked = Asked(new_document())
    reply = asked(p.ImportModel(str(folder / "net.py"), "channels=5", "3, 5"))
    assert reply.tensors == 2
    document = from_json(reply.project)
    assert document.definition("Net").graph.inputs[0].example.shape == (3, 5)  # type: ignore[union-attr]
    asked.update(document)
    asked(p.LoadImported())
    assert asked.values("lin.weight") == ((3.0,) * 5,) * 2
    assert asked(p.ListParameters()).changed
    assert "import the model again" in words(asked.fails(p.LoadImported()))


def test_the_open_document_stays_as_it_is(folder: Path) -> None:
    document = new_document()
    document.definition("Net").graph.outputs.clear()
    asked = Asked(document)
    before = asked.worker._models
    asked(p.ImportModel(str(folder / "net.py")))
    assert asked.worker._models is before
    assert asked.listed() == []


def test_the_report_is_in_the_project(folder: Path) -> None:
    report = kept(from_json(Asked()(p.ImportModel(str(folder / "prints.py"))).project))
    assert report is not None
    assert report.source == "prints.py"
    assert [note.code for note in report.notes] == ["opaque"]
    assert "it prints" in report.notes[0].message


def test_modules_are_found_in_the_folder_and_read_again(folder: Path) -> None:
    asked = Asked()
    (folder / "mine.py").write_text("from net import Net\ndef small(): return Net(3)\n")
    first = asked(p.ImportModel("mine:small", folder=str(folder)))
    assert "relu" in str(first.project)
    (folder / "helper.py").write_text("def act(x):\n    return x.tanh() + 1\n")
    second = asked(p.ImportModel("mine:small", folder=str(folder)))
    assert "tanh" in str(second.project)
    assert str(folder) not in sys.path


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (p.ImportModel("net.py"), "cannot be read: No such file"),
        (p.ImportModel("no.such:Net"), "ModuleNotFoundError"),
        (p.ImportModel("torch.nn:Linear", "1, 2"), "with their names"),
        (p.ImportModel("torch.nn:Linear", "in_features=1, out_features=2", "a"), "no shape"),
    ],
)
def test_bad_requests(request_: p.ImportModel, said: str) -> None:
    assert said in words(Asked().fails(request_))


def test_a_file_with_several_models_lists_them(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text("from torch import nn\nclass A(nn.Module): ...\nclass B(nn.Module): ...\n")
    assert "one of A, B" in words(Asked().fails(p.ImportModel(str(tmp_path / "two.py"))))


def test_weights_that_are_not_known_yet_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "lazy.py").write_text("from torch import nn\nnet = nn.Sequential(nn.LazyLinear(2), nn.Linear(2, 3))\n")
    reply = Asked(new_document())(p.ImportModel(str(tmp_path / "lazy.py")))
    assert reply.tensors == 2


def test_arguments_of_several_kinds_have_no_default() -> None:
    result = import_target("tests.runtime.importing.models:several_kinds")
    hyper_parameters = {own.name: own.default for own in result.document.definition("Padded").hyper_parameters}
    assert hyper_parameters["padding"] == ""
    assert not [problem for problem in check(result.document) if problem.severity == "error"]


def test_python_that_takes_several_kinds_of_arguments() -> None:
    result = import_target("tests.runtime.importing.models:windows")
    assert not [problem for problem in check(result.document) if problem.severity == "error"]
    assert build(result.document)(torch.ones(1)).item() == 18.0
