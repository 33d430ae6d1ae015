"""The rooms and who may know whom: the contracts of pyproject.toml, read from the source and seen at run time."""

from __future__ import annotations

import subprocess
import sys

import pytest
from importlinter.cli import lint_imports

from tests.conftest import ROOT


def test_every_import_keeps_the_contracts(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("module", "foreign"),
    [
        ("blockstudio.cli", "torch PySide6 pyqtgraph networkx IPython"),
        ("blockstudio.formats.project", "torch PySide6 numpy jupyter_client"),
        ("blockstudio.compiler.check", "torch PySide6 numpy jupyter_client"),
        ("blockstudio.engine.launch", "torch PySide6"),
        ("blockstudio.gui.app", "torch numpy networkx qtpy jupyter_client blockstudio.compiler"),
        ("blockstudio.runtime.worker", "PySide6 pyqtgraph qtpy"),
    ],
)
def test_what_a_room_loads_when_it_is_imported(module: str, foreign: str) -> None:
    code = f"import sys, {module}; print(*[m for m in {foreign.split()!r} if m in sys.modules], end='')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == ""
