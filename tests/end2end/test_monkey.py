"""A monkey at a real window: no exception, no warning, no growth in memory.

BLOCKSTUDIO_MONKEY: for how many seconds, such as 300; BLOCKSTUDIO_MONKEY_SEED: another course of it.
"""

from __future__ import annotations

import faulthandler
import os
import shutil
import sys
from pathlib import Path

import pytest

from blockstudio import resources

from .monkey import Monkey, complaints

pytestmark = pytest.mark.window

SECONDS = float(os.environ.get("BLOCKSTUDIO_MONKEY", "15"))
SEED = int(os.environ.get("BLOCKSTUDIO_MONKEY_SEED", "0"))
MOST_GROWTH = 60.0
"""Megabytes: what undo keeps of some thousand steps, and what panels show of a larger model."""


def test_a_monkey_finds_no_fault(tmp_path: Path) -> None:
    faulthandler.dump_traceback_later(SECONDS + 300, exit=True, file=sys.__stderr__)  # later than for other tests
    project = tmp_path / "nested.blocks"
    shutil.copy(resources.path("examples", "09-nested-mix.blocks"), project)
    report = Monkey(tmp_path, project, dict(os.environ), SEED).play(SECONDS)
    assert not complaints(report.said), report.said
    assert report.alive
    assert report.steps > SECONDS
    assert report.growth < MOST_GROWTH
