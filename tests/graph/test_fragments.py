"""Copies: what is pasted brings what it needs and shares nothing that it should not."""

from __future__ import annotations

import pytest

from blockstudio.errors import EditError
from blockstudio.graph import commands
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddDefinition, AddNode
from blockstudio.graph.fragments import copy_fragment, duplicate, paste_fragment
from blockstudio.graph.grouping import group, ungroup
from blockstudio.graph.model import Initializer, Instance, Repeat
from tests.graph.nets import NET, chain, document, linear, relu


def test_paste_into_another_document_brings_the_definitions_it_needs() -> None:
    source = document(
        chain(Instance(name="m", definition="Middle")),
        chain(Instance(name="b", definition="Bottom"), definition="Middle"),
        chain(linear("a"), definition="Bottom"),
    )
    target = document(chain(linear("a")))
    edit, names = paste_fragment(target, NET, copy_fragment(source, NET, ["m"]), (100.0, 50.0))
    target.apply(edit)
    assert names == ("m",)
    assert target.node(NET, "m").position == (100.0, 50.0)
    assert set(target.definitions) == {"Net", "Middle", "Bottom"}


def test_pasting_a_different_block_of_the_same_name_renames_it() -> None:
    source = document(chain(Instance(name="h", definition="Head")), chain(linear("a"), definition="Head"))
    target = document(chain(Instance(name="h", definition="Head")), chain(relu("r"), definition="Head"))
    target.apply(paste_fragment(target, NET, copy_fragment(source, NET, ["h"]))[0])
    assert target.node(NET, "h_2").definition == "Head_2"  # type: ignore[attr-defined]
    assert "a" in target.graph(Location("Head_2")).nodes


def test_pasting_nested_definitions_can_be_undone() -> None:
    inner = chain(relu("r"), definition="Inner")
    outer = chain(Instance(name="i", definition="Inner"), definition="Outer")
    # The outer one comes first in the order of the file.
    source = document(chain(Instance(name="o", definition="Outer")), outer, inner)
    target = document(chain(relu("a")))
    inverse = target.apply(paste_fragment(target, NET, copy_fragment(source, NET, ["o"]))[0])
    assert set(target.definitions) == {"Net", "Outer", "Inner"}
    target.apply(inverse)
    assert target == document(chain(relu("a")))


def test_a_pasted_loop_shares_nothing_with_its_original() -> None:
    doc = document(chain(linear("x1")))
    doc.apply(AddNode(NET, commands.new_control_flow("repeat", "loop")))
    doc.apply(AddNode(NET.enter("loop", "body"), linear("a")))
    edit, names = duplicate(doc, NET, ["loop"])
    doc.apply(edit)
    copied = doc.node(NET, names[0])
    assert isinstance(copied, Repeat)
    assert list(copied.body.nodes) == ["a_2"]
    doc.apply(commands.remove_nodes(doc, NET.enter(names[0], "body"), ["a_2"]))
    assert "a" in doc.graph(NET.enter("loop", "body")).nodes


def test_adding_a_definition_twice_is_refused() -> None:
    doc = document(chain(linear("a")))
    with pytest.raises(EditError, match="already a block"):
        doc.apply(AddDefinition(chain(linear("a"))))


def test_what_is_tied_stays_tied() -> None:
    """Two names of one tensor follow renaming, grouping and ungrouping."""
    doc = document(chain(linear("tok"), linear("hidden"), linear("head")))
    rule = Initializer(target="head", parameter="weight", same_as="tok.weight")
    doc.definition("Net").initializers.append(rule)

    def ties() -> set[tuple[str, str, str]]:
        return {(r.target, r.parameter, r.same_as) for r in doc.definition("Net").initializers}

    doc.apply(commands.rename_node(doc, NET, "tok", "embedding"))
    assert ties() == {("head", "weight", "embedding.weight")}
    edit, name = group(doc, NET, ["embedding", "hidden"], "Body")
    undo = doc.apply(edit)
    assert ties() == {("head", "weight", f"{name}.embedding.weight")}
    doc.apply(undo)
    edit, name = group(doc, NET, ["embedding", "hidden", "head"], "Body")
    doc.apply(edit)
    assert not ties()
    edit, _ = ungroup(doc, NET, name)
    doc.apply(edit)
    assert ties() == {("head", "weight", "embedding.weight")}
