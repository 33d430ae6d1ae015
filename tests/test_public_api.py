"""`import blockstudio` is cheap, and its names are where the design says."""

from __future__ import annotations

import subprocess
import sys

import pytest

import blockstudio

HEAVY = ("torch", "numpy", "networkx", "PySide6", "pyqtgraph", "jupyter_client", "IPython")


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = f"import sys, blockstudio; print([m for m in {HEAVY!r} if m in sys.modules], end='')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]"


@pytest.mark.parametrize("name", blockstudio.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(blockstudio, name)
    assert name in dir(blockstudio)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = blockstudio.lode
