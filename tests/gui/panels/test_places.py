from __future__ import annotations

from collections.abc import Callable

import pytest

from blockstudio.graph.document import Document, Location
from blockstudio.gui.panels import places
from blockstudio.gui.session import Session
from tests.compiler.models import bottleneck, choices, resnet

NET = Location("Net")


@pytest.mark.parametrize(
    ("location", "name", "module"),
    [
        (NET, "head", "head"),
        (NET, "again", "head"),
        (NET.enter("chain", "body"), "first", "chain.0"),
        (NET.enter("chain", "body"), "act", "chain.1"),
        (NET.enter("loop", "body"), "step", "step"),
        (Location("Block"), "inner", "inner"),
    ],
)
def test_the_module_of_a_node(session: Session, location: Location, name: str, module: str) -> None:
    assert places.module_of(session.document, location, name) == module


def test_the_module_that_is_shown_follows_the_way_in(session: Session) -> None:
    def shown() -> str | None:
        return places.shown_module(session.document, session.trail)

    assert shown() == ""
    session.enter_node("two")
    assert shown() == "two"
    session.leave()
    session.enter_node("chain")
    assert shown() == ""
    session.enter(Location("Block"))
    assert shown() is None  # which of the two instances nobody can tell


@pytest.mark.parametrize(
    ("module", "chain"),
    [
        ("head.weight", [(NET, "head")]),
        ("two.inner.bias", [(NET, "two"), (Location("Block"), "inner")]),
        ("chain.0.weight", [(NET, "chain"), (NET.enter("chain", "body"), "first")]),
        ("step.1.weight", [(NET.enter("loop", "body"), "step")]),
        ("mask", [(NET, "mask")]),
        ("nothing.weight", []),
    ],
)
def test_the_nodes_along_a_path(session: Session, module: str, chain: list[tuple[Location, str]]) -> None:
    assert places.chain_of(session.document, module) == chain


def test_a_row_selects_what_holds_it_in_the_shown_graph(session: Session) -> None:
    for module, selected in (("two.inner.weight", "two"), ("chain.0.bias", "chain"), ("step.0.weight", "loop")):
        places.show_module(session, module)
        assert session.location == NET
        assert session.selection == (selected,)


def test_a_row_opened_enters_by_the_way_of_its_path(session: Session) -> None:
    places.show_module(session, "two.inner.weight", deep=True)
    assert [place.node for place in session.trail] == ["", "two"]
    assert session.selection == ("inner",)
    places.show_module(session, "chain.0.weight", deep=True)
    assert session.location == NET.enter("chain", "body")
    assert session.selection == ("first",)
    places.show_module(session, "head")  # nothing of it in here: the root is shown
    assert (session.location, session.selection) == (NET, ("head",))


@pytest.mark.parametrize(
    ("model", "module", "names"),
    [
        (bottleneck, "layer1.0.conv1.weight", ["layer1", "first", "conv1"]),
        (bottleneck, "layer1.2.conv1.weight", ["layer1", "block", "conv1"]),
        (resnet, "layer3.35.bn2.running_mean", ["layer3", "0", "bn2"]),
        (choices, "layer2.1.norm.weight", ["layer2", "norm"]),
    ],
)
def test_rounds_are_followed(model: Callable[[], Document], module: str, names: list[str]) -> None:
    assert [name for _, name in places.chain_of(model(), module)] == names


def test_the_first_round_is_shown_of_a_block_in_a_repeat(session: Session) -> None:
    def shown(*steps: Location | str) -> str | None:
        session.enter(Location(session.document.root))
        for step in steps:
            session.enter_node(step) if isinstance(step, str) else session.enter(step)
        return places.shown_module(session.document, session.trail)

    session.replace(resnet())
    stage = Location("Stage", (("rounds", "body"),))
    assert shown("layer2") == "layer2"
    assert places.module_of(session.document, stage, "0") == ""
    assert shown("layer2", "rounds", "0") == "layer2.0"
    session.replace(bottleneck())
    rest = Location("Stage", (("layer1", "body"), ("rest", "body")))
    assert places.module_of(session.document, rest, "block") == "layer1.1"
    assert shown("layer1", "rest", "block") == "layer1.1"
    session.replace(choices())
    assert shown("stage2", "layer2") == "layer2.0"
