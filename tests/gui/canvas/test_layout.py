"""The automatic layout: along the flow, without overlap, straight where it can be."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from blockstudio.gui.canvas.layout import flow
from blockstudio.gui.canvas.layout.layout import Box, Wire, arrange, arranged, in_lines


def overlaps(boxes: dict[int, Box], places: dict[int, tuple[float, float]]) -> list[tuple[int, int]]:
    found = []
    keys = list(boxes)
    for i, a in enumerate(keys):
        for b in keys[i + 1 :]:
            (ax, ay), (bx, by) = places[a], places[b]
            if (
                ax < bx + boxes[b].width
                and bx < ax + boxes[a].width
                and ay < by + boxes[b].height
                and by < ay + boxes[a].height
            ):
                found.append((a, b))
    return found


def test_a_chain_is_straight() -> None:
    boxes = {i: Box(100 + 20 * i, 40) for i in range(5)}
    places = arrange(boxes, [Wire(i, 20, i + 1, 20) for i in range(4)])
    assert {y for _, y in places.values()} == {0.0}
    lefts = [places[i][0] for i in range(5)]
    assert all(b - a >= boxes[i].width + 60 for i, (a, b) in enumerate(itertools.pairwise(lefts)))


def test_ports_are_met_at_their_height() -> None:
    boxes = {"a": Box(100, 40), "b": Box(100, 120)}
    places = arrange(boxes, [Wire("a", 20, "b", 90)])
    assert places["a"][1] + 20 == places["b"][1] + 90


def test_the_main_path_stays_straight_beside_a_way_round() -> None:
    boxes = {name: Box(120, 40) for name in ("x", "conv", "bn", "add", "y")}
    chain = [Wire("x", 20, "conv", 20), Wire("conv", 20, "bn", 20), Wire("bn", 20, "add", 10), Wire("add", 20, "y", 20)]
    places = arrange(boxes, [*chain, Wire("x", 20, "add", 30)])
    assert places["x"][1] == places["conv"][1] == places["bn"][1]
    assert places["x"][0] < places["conv"][0] < places["bn"][0] < places["add"][0] < places["y"][0]


def test_order_of_ports_is_kept() -> None:
    boxes = {name: Box(100, 40) for name in ("p", "q", "cat")}
    for first, second in (("p", "q"), ("q", "p")):
        places = arrange(boxes, [Wire(first, 20, "cat", 10), Wire(second, 20, "cat", 30)])
        assert places[first][1] < places[second][1]


def test_what_has_no_wires_is_set_below() -> None:
    boxes = {i: Box(100, 40) for i in range(6)}
    places = arrange(boxes, [Wire(0, 20, 1, 20)])
    assert not overlaps(boxes, places)
    assert min(places[i][1] for i in (2, 3, 4, 5)) > 40


def test_a_circle_in_a_broken_file_does_no_harm() -> None:
    assert len(arrange({1: Box(10, 10), 2: Box(10, 10)}, [Wire(1, 5, 2, 5), Wire(2, 5, 1, 5), Wire(1, 5, 1, 5)])) == 2


def test_nothing_and_one() -> None:
    assert arrange({}, []) == {}
    assert arrange({"a": Box(10, 10)}, []) == {"a": (0.0, 0.0)}


@given(st.data())
def test_no_overlap_and_the_same_every_time(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 14))
    boxes = {i: Box(data.draw(st.integers(5, 30)) * 10.0, data.draw(st.integers(4, 12)) * 10.0) for i in range(count)}
    wires = [
        Wire(a, 20.0, b, 20.0) for a in range(count) for b in range(a + 1, count) if data.draw(st.integers(0, 3)) == 0
    ]
    places = arrange(boxes, wires)
    assert set(places) == set(boxes)
    assert not overlaps(boxes, places)
    for wire in wires:
        assert places[wire.source][0] < places[wire.target][0]
    assert arrange(boxes, wires) == places


def test_a_sequence_in_a_line() -> None:
    places = in_lines({"a": Box(100, 40), "b": Box(50, 40), "c": Box(80, 40)})
    assert places["a"][0] < places["b"][0] < places["c"][0]
    assert places["b"][0] - 100 >= 60


def test_a_long_sequence_in_lines_about_equally_long() -> None:
    boxes = {i: Box(150 + 10 * (i % 5), 40 + 20 * (i % 2)) for i in range(44)}
    places = in_lines(boxes)
    assert not overlaps(boxes, places)
    assert list(places) == sorted(places, key=lambda i: (places[i][1], places[i][0]))
    lines: dict[float, float] = {}
    for i, (x, y) in places.items():
        lines[y] = max(lines.get(y, 0.0), x + boxes[i].width)
    assert 6 <= len(lines) <= 10
    assert min(lines.values()) > 0.6 * max(lines.values())


def test_three_thousand_nodes() -> None:
    random.seed(1)
    boxes = {i: Box(160, 40 + 20 * random.randrange(3)) for i in range(3000)}
    wires = [
        Wire(max(0, i - random.randrange(1, 30)), 20, i, 10 + 20 * j)
        for i in range(1, 3000)
        for j in range(random.choice([1, 2]))
    ]
    assert len(set(arrange(boxes, wires).values())) == 3000


def test_a_wire_past_others_gets_a_lane_that_meets_none_of_them() -> None:
    boxes = {name: Box(120, 40) for name in ("x", "conv", "bn", "relu", "add", "y")}
    chain = ["x", "conv", "bn", "relu", "add", "y"]
    wires = [Wire(a, 20, b, 20) for a, b in itertools.pairwise(chain)]
    places, lanes = arranged(boxes, [*wires, Wire("x", 20, "add", 30)])
    assert set(lanes) == {("x", "add")}
    points = lanes["x", "add"]
    xs = [x for x, _ in points]
    assert xs == sorted(xs)
    assert xs[0] >= places["x"][0] + 120 and xs[-1] <= places["add"][0]
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        for name in ("conv", "bn", "relu"):
            left, top = places[name]
            level = ay == by and top < ay < top + 40
            assert not (level and ax < left + 120 and left < bx), (name, points)


def test_a_lane_is_on_the_side_of_the_port_it_leads_to() -> None:
    boxes = {name: Box(120, 40) for name in ("x", "conv", "bn", "add")}
    wires = [Wire("x", 20, "conv", 20), Wire("conv", 20, "bn", 20)]
    for straight, skipping in ((10, 30), (30, 10)):
        places, lanes = arranged(boxes, [*wires, Wire("bn", 20, "add", straight), Wire("x", 20, "add", skipping)])
        below = all(y > places["bn"][1] for _, y in lanes["x", "add"])
        assert below == (skipping > straight)


def unet(levels: int, straight: float, skipping: float) -> tuple[dict[str, Box], list[Wire[str]]]:
    """Down and up again: what goes up takes what came down, at two ports of its own."""
    names = [f"down{n}" for n in range(levels)] + ["bottom"] + [f"up{n}" for n in reversed(range(levels))] + ["y"]
    boxes = {name: Box(120 + 20 * (i % 3), 40 + 20 * (i % 2)) for i, name in enumerate(names)}
    wires = [Wire(a, 20.0, b, straight if b.startswith("up") else 20.0) for a, b in itertools.pairwise(names)]
    return boxes, wires + [Wire(f"down{n}", 20.0, f"up{n}", skipping) for n in range(levels)]


def test_a_u_net_is_straight_with_its_skips_nested_on_the_side_of_their_ports() -> None:
    for straight, skipping in ((20.0, 40.0), (40.0, 20.0)):
        boxes, wires = unet(5, straight, skipping)
        places, lanes = arranged(boxes, wires)
        assert len({y for _, y in places.values()}) == 1
        top, bottom = min(y for _, y in places.values()), max(y + boxes[name].height for name, (_, y) in places.items())
        levels = [{y for _, y in lanes[f"down{n}", f"up{n}"]} for n in range(4)]
        assert all(len(level) == 1 for level in levels)
        outermost_first = [level.pop() for level in levels]
        below = skipping > straight
        assert outermost_first == sorted(outermost_first, reverse=below)
        assert len(set(outermost_first)) == 4
        assert all(y > bottom if below else y < top for y in outermost_first)


def test_downwards_a_u_net_is_centred_on_one_line() -> None:
    boxes, wires = unet(5, 60.0, 120.0)
    wide = {name: Box(160.0 + 20 * (i % 3), 60.0) for i, name in enumerate(boxes)}
    middles = [
        Wire(w.source, wide[w.source].width / 2, w.target, w.target_offset if w.target.startswith("up") else
             wide[w.target].width / 2)
        for w in wires
    ]  # fmt: skip
    places, lanes = flow.arranged(wide, middles, down=True)
    assert {x + wide[name].width / 2 for name, (x, _) in places.items()} == {places["y"][0] + wide["y"].width / 2}
    right = max(x + wide[name].width for name, (x, _) in places.items())
    assert all(x > right for n in range(4) for x, _ in lanes[f"down{n}", f"up{n}"])


def test_a_branch_beside_a_straight_way_is_on_the_side_of_the_port_it_comes_back_to() -> None:
    names = ["x", "conv", "bn", "relu", "add", "y"]
    boxes = {name: Box(120, 40) for name in (*names, "shortcut")}
    for straight, branch in ((10.0, 30.0), (30.0, 10.0)):
        wires = [Wire(a, 20, b, straight if b == "add" else 20) for a, b in itertools.pairwise(names)]
        places = arrange(boxes, [*wires, Wire("x", 20, "shortcut", 20), Wire("shortcut", 20, "add", branch)])
        assert len({places[name][1] for name in names}) == 1
        assert (places["shortcut"][1] > places["conv"][1]) == (branch > straight)
