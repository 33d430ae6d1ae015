"""What a process leaves behind in its log. The kernel itself is tested through `kernel.py`."""

from pathlib import Path

import pytest

from blockstudio.gui.jupyter import CRASH, LONGEST_DETAIL, LONGEST_LOG, last_words

STACKS = "\n".join(f'  File "site-packages/asyncio/base_events.py", line {line} in _run_once' for line in range(2000))


@pytest.mark.parametrize(
    ("log", "first", "last"),
    [
        ("", "", ""),
        ("short", "short", "short"),
        ("x" * LONGEST_LOG + STACKS, "", "line 1999 in _run_once"),
        (f"before\n{CRASH}: Segmentation fault\n\n{STACKS}", f"{CRASH}: Segmentation fault", ""),
        (f"{CRASH}: Aborted\n{CRASH}: Segmentation fault\n", f"{CRASH}: Segmentation fault", "fault\n"),
        ("y" * LONGEST_LOG * 2 + f"\n{CRASH}: Aborted\n", f"{CRASH}: Aborted\n", ""),
    ],
)
def test_the_end_of_the_log_or_the_start_of_its_crash(tmp_path: Path, log: str, first: str, last: str) -> None:
    path = tmp_path / "kernel.log"
    path.write_text(log)
    words = last_words(path)
    assert len(words) <= LONGEST_DETAIL
    assert words.startswith(first) and words.endswith(last)


def test_a_log_that_is_gone_or_not_text_says_what_it_can(tmp_path: Path) -> None:
    assert last_words(tmp_path / "gone.log") == ""
    (tmp_path / "bytes.log").write_bytes(b"\xff\xfe end")
    assert last_words(tmp_path / "bytes.log").endswith(" end")
