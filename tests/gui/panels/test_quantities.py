from __future__ import annotations

import pytest

from blockstudio.gui.panels.quantities import bytes_text, count_text, seconds_text, shape_text, value_text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1024, "1 KB"), (1536, "1.5 KB"), (3 * 2**20, "3 MB"), (2**44, "16 TB")],
)
def test_bytes(count: int, text: str) -> None:
    assert bytes_text(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.2e-5, "12 µs"), (0.0045, "4.5 ms"), (1.5, "1.5 s"), (59.9, "59.9 s"), (125, "2:05")]
)
def test_seconds(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_values_and_shapes() -> None:
    assert count_text(1234567) == "1,234,567"
    assert [value_text(v) for v in (None, 1, True, 0.123456, float("nan"), "inf", 1e-9)] == [
        "–", "1", "True", "0.1235", "nan", "inf", "1e-09",
    ]  # fmt: skip
    assert [shape_text(s) for s in (None, (), (3,), (2, 20))] == ["?", "scalar", "(3)", "(2, 20)"]
