"""The generated source, word for word: `python -m tests.compiler.test_golden` writes the files afresh."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from blockstudio import resources
from blockstudio.compiler import compile_document
from blockstudio.formats.project import load
from tests.compiler.models import MODELS
from tests.conftest import ROOT
from tests.helpers.ruff import assert_clean

GOLDEN = ROOT / "tests" / "golden"
RULES = "E,F,W,I,UP,B,C4,PIE,RET,RUF,SIM,T10,PERF,PLC,PLE,FURB"


@pytest.mark.parametrize("name", MODELS)
def test_the_source_is_the_one_that_was_approved(name: str) -> None:
    assert compile_document(MODELS[name]()).source == (GOLDEN / f"{name}.py").read_text(encoding="utf-8")


def test_there_is_no_file_without_a_model() -> None:
    assert {path.stem for path in GOLDEN.glob("*.py")} == set(MODELS)


def test_the_source_is_clean_and_formatted(tmp_path: Path) -> None:
    for name, model in MODELS.items():
        (tmp_path / f"{name}.py").write_text(compile_document(model()).source, encoding="utf-8")
    assert_clean(tmp_path, RULES)


def test_the_source_of_every_example_is_clean_and_formatted(tmp_path: Path) -> None:
    for path in resources.path("examples").rglob("*.blocks"):
        name = f"{path.parent.name}_{path.stem}".replace("-", "_")
        (tmp_path / f"example_{name}.py").write_text(compile_document(load(path)).source, encoding="utf-8")
    assert len(list(tmp_path.iterdir())) >= 22
    assert_clean(tmp_path)
    assert_clean(tmp_path, RULES, ignore="RUF002")  # what people write about their blocks may hold any sign


def test_the_source_stands_on_its_own() -> None:
    """It runs in a Python that has torch and nothing of ours."""
    text = compile_document(MODELS["nested"]()).source
    text += "\n\nprint(Chimera()(torch.rand(2, 20)).shape == torch.Size([]))\n"
    text += "import sys\nassert not any(name.startswith('blockstudio') for name in sys.modules)\n"
    done = subprocess.run([sys.executable, "-I", "-c", text], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "True\n"


if __name__ == "__main__":
    for name, model in MODELS.items():
        (GOLDEN / f"{name}.py").write_text(compile_document(model()).source, encoding="utf-8")
