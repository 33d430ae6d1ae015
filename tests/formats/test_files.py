"""What a process that was killed while it wrote leaves beside a file, and when it is taken away."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from blockstudio.formats.files import DAY, write_atomically


@pytest.mark.parametrize(
    ("name", "age", "stays"),
    [
        (".net.blocks.ab12_x9z.tmp", 2 * DAY, False),
        (".net.blocks.ab12_x9z.tmp", DAY / 2, True),  # somebody may be writing it
        (".other.blocks.ab12_x9z.tmp", 2 * DAY, True),
        (".net.blocks.mine.tmp", 2 * DAY, True),
        (".netXblocks.ab12_x9z.tmp", 2 * DAY, True),
        ("net.blocks.ab12_x9z.tmp", 2 * DAY, True),
    ],
)
def test_what_was_left_of_a_save_is_gone_with_a_later_one(tmp_path: Path, name: str, age: float, stays: bool) -> None:
    left = tmp_path / name
    left.write_bytes(b"half")
    then = time.time() - age
    os.utime(left, (then, then))
    target = tmp_path / "net.blocks"
    write_atomically(target, lambda file: file.write(b"whole"))
    assert target.read_bytes() == b"whole"
    assert left.exists() == stays


def test_folders_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / ".net.blocks.ab12_x9z.tmp"
    folder.mkdir()
    os.utime(folder, (0, 0))
    write_atomically(tmp_path / "net.blocks", lambda file: file.write(b"whole"))
    assert folder.is_dir()
