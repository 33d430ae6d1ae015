"""`resources/` is found in a checkout, in a wheel, and in a frozen app."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from blockstudio import resources
from tests.conftest import ROOT


@pytest.fixture
def fresh_root():
    """`resources.root` without what it remembers."""
    resources.root.cache_clear()
    yield resources.root
    resources.root.cache_clear()


def test_a_checkout_uses_the_top_level_directory(fresh_root) -> None:
    assert fresh_root() == ROOT / "resources"
    assert resources.path("i18n", "zh_CN.mo").is_file()


def test_a_frozen_app_uses_what_it_unpacked(fresh_root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert fresh_root() == tmp_path / "resources"


def test_a_wheel_carries_all_of_them(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "import blockstudio, blockstudio.resources as r; print(blockstudio.__file__); print(r.root())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    package, found = map(Path, done.stdout.splitlines())
    assert package.parent == tmp_path / "site" / "blockstudio"
    assert _names(found) == _names(ROOT / "resources")
    code_files = {name for name in _names(ROOT / "blockstudio") if name.suffix in {".py", ".toml", ".json", ".typed"}}
    assert code_files <= _names(package.parent)


def _names(directory: Path) -> set[Path]:
    return {
        path.relative_to(directory)
        for path in directory.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not path.name.startswith(".")
    }
