"""The engine's own directory: private, and never left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from blockstudio.engine import private
from blockstudio.engine.private import PrivateDirectory


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_is_private_and_removed() -> None:
    directory = PrivateDirectory.make()
    assert directory.path.stat().st_mode & 0o777 == 0o700
    (directory.path / "inner").mkdir()
    (directory.path / "inner" / "snapshot.params").write_text("x")
    directory.remove()
    assert not directory.path.exists()
    directory.remove()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")
def test_what_a_killed_process_left_behind_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import tempfile, time, sys; tempfile.tempdir = sys.argv[1]\n"
        "from blockstudio.engine.private import PrivateDirectory\n"
        "directory = PrivateDirectory.make(); print(directory.path, flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    left = Path(other.stdout.readline().strip())
    monkeypatch.setattr(private, "YOUNG", -1.0)
    private.sweep()
    assert left.exists(), "it is in use"
    other.kill()
    other.wait()
    other.stdout.close()
    monkeypatch.setattr(private, "YOUNG", 60.0)
    private.sweep()
    assert left.exists(), "it may be just being made"
    os.utime(left, (0, 0))
    private.sweep()
    assert not left.exists()
