"""The index finds exactly what walking through everything would find."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from blockstudio.gui.canvas.facts.spatial import Box, SpatialIndex

numbers = st.integers(-40, 40).map(lambda n: n * 130.0) | st.integers(-40, 40).map(lambda n: n * 2500.0)
boxes = st.tuples(numbers, numbers, numbers, numbers).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)


def touch(a: Box, b: Box) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


@given(st.lists(st.tuples(st.integers(0, 8), st.none() | boxes), max_size=40), boxes)
def test_against_a_plain_list(steps: list[tuple[int, Box | None]], wanted: Box) -> None:
    plain: dict[int, Box] = {}
    index: SpatialIndex[int] = SpatialIndex(plain.__getitem__)
    for key, box in steps:
        if box is None:
            index.remove(key)
            plain.pop(key, None)
        elif key in plain and key % 3:
            plain[key] = box
            index.touch({key})
        else:
            index.put(key, box)
            plain[key] = box
        if key % 2:  # between looks, several changes are sorted in at once
            assert index.near(wanted) == {key for key, box in plain.items() if touch(box, wanted)}
    assert len(index) == len(plain)
    assert index.near(wanted) == {key for key, box in plain.items() if touch(box, wanted)}
    assert all(index.box(key) == box for key, box in plain.items())
    bounds = index.bounds()
    if plain:
        assert bounds is not None and all(touch(bounds, box) for box in plain.values())
    for key in plain:
        index.remove(key)
    assert not index.near(wanted)
    assert not index._cells and not index._spans and not index._large
