"""Whether generated source is as ruff would have it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

OPTIONS = ("--isolated", "--no-cache", "--line-length", "88", "--target-version", "py311")


def assert_clean(folder: Path, rules: str = "", ignore: str = "") -> None:
    """Every file of a folder is free of faults, by ruff's own choice of rules if none are given, and formatted."""
    chosen = ("--select", rules) if rules else ()
    _ruff(folder, "check", *chosen, *(("--ignore", ignore) if ignore else ()))
    _ruff(folder, "format", "--diff")


def _ruff(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "ruff", *arguments, *OPTIONS, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
