from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockstudio.errors import ExpressionError
from blockstudio.gui.panels import slicing

SHAPE = (3, 4, 5)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        (":", ""),
        ("...", ""),
        ("0", "0, :, :"),
        ("0, :, :5", "0, :, :"),
        ("-1, ..., 2", "2, :, 2"),
        ("..., 1:4:2", ":, :, 1:5:2"),
        (":, 1:3", ":, 1:3, :"),
        ("1, 2, 3", "1, 2, 3"),
        (" 0 , :2 ", "0, :2, :"),
    ],
)
def test_an_index_has_one_spelling(text: str, shown: str) -> None:
    assert slicing.parse(text, SHAPE).text() == shown


@pytest.mark.parametrize(
    "text",
    ["3", "0, 0, 0, 0", "x", "1.5", "f()", "[0, 1]", "None", "True", "::-1", "..., ...", "0,,", "'a'", "(", "-4"],
)
def test_what_is_no_index_of_the_tensor_is_refused_in_words(text: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        slicing.parse(text, SHAPE)
    assert refusal.value.message


def test_a_scalar_has_one_cell() -> None:
    part = slicing.parse("", ())
    assert (part.rows, part.columns, part.text(), part.element(0, 0)) == (1, 1, "", "")


def test_a_vector_is_a_column() -> None:
    part = slicing.parse("2:", (6,))
    assert (part.rows, part.columns) == (4, 1)
    assert part.element(3, 0) == "5"


def test_leading_dimensions_are_leafed_through() -> None:
    part = slicing.parse("1:", SHAPE)
    assert part.leading == (0,)
    page = part.at((1,))
    assert page.text() == "2, :, :"
    assert page.element(3, 4) == "2, 3, 4"


def test_an_empty_tensor_has_no_cells() -> None:
    part = slicing.parse("", (0, 4))
    assert (part.rows, part.columns) == (0, 4)


ends = st.none() | st.integers(-7, 7)
slices = st.builds(lambda a, b, c: slice(a, b, c), ends, ends, st.none() | st.integers(1, 3))


@given(st.lists(slices | st.integers(-3, 2), max_size=3))
def test_cells_are_those_numpy_takes(parts: list[slice | int]) -> None:
    array = np.arange(60).reshape(SHAPE)
    text = ", ".join(_text(part) for part in parts)
    part = slicing.parse(text, SHAPE)
    taken = array[tuple(parts)]
    assert tuple(part.axes[number].length for number in part.kept) == taken.shape
    assert np.array_equal(eval(f"array[{part.text() or '...'}]"), taken)
    page = part.at((0,) * len(part.leading))
    if taken.size:
        plane = taken[(0,) * len(part.leading)]
        last = np.asarray(plane)
        cell = (last.shape or (1,))[0] - 1, last.shape[1] - 1 if last.ndim > 1 else 0
        value = last[cell] if last.ndim == 2 else last.reshape(-1)[cell[0]]
        assert eval(f"array[{page.element(*cell)}]") == value


def _text(part: slice | int) -> str:
    if isinstance(part, int):
        return str(part)
    return ":".join("" if end is None else str(end) for end in (part.start, part.stop, part.step))
