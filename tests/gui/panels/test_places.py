from __future__ import annotations

import pytest

from blockstudio.graph.document import Location
from blockstudio.gui.panels import places
from blockstudio.gui.session import Session

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
