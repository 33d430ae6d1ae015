"""Definitions taken from another document: with all they need, once, and without touching what is here."""

from __future__ import annotations

import pytest
from attrs import evolve

from blockstudio.compiler import check, compile_document
from blockstudio.errors import EditError
from blockstudio.formats.project import dumps
from blockstudio.graph.borrowing import borrow, extract, same_content
from blockstudio.graph.document import Document
from blockstudio.graph.model import CodeDefinition, Definition, Initializer
from tests.compiler.documents import document, graph, instance, linear
from tests.compiler.models import CENTERED, resnet

INIT = "def my_init(tensor):\n    tensor.fill_({value})\n"


def project(value: int = 1, width: int = 4) -> Document:
    """Outer holds Inner, which is initialised by a function of its own."""
    rule = Initializer(target="fc", parameter="weight", function="my_init")
    inner = Definition("Inner", graph("x", "y", [linear("fc", width, width)], "x>fc fc>y"), initializers=[rule])
    outer = Definition("Outer", graph("x", "y", [instance("inner", "Inner")], "x>inner.x inner.y>y"))
    code = CodeDefinition("CenteredLayer", CENTERED)
    return document(inner, outer, code, root="Outer", functions={"my_init": INIT.format(value=value)})


def empty() -> Document:
    return document(Definition("Net", graph("x", "y", [], "x>y")))


def test_a_block_comes_with_all_it_needs_and_goes_without_a_trace() -> None:
    here = empty()
    before = dumps(here)
    borrowed = borrow(here, project(), ["Outer"])
    inverse = here.apply(borrowed.edit)
    assert list(here.definitions) == ["Net", "Inner", "Outer"] and set(here.functions) == {"my_init"}
    assert borrowed.names == {"Inner": "Inner", "Outer": "Outer"} and not borrowed.renamed
    here.root = "Outer"
    assert [problem for problem in check(here) if problem.severity == "error"] == []
    here.root = "Net"
    here.apply(inverse)
    assert dumps(here) == before


def test_what_is_here_with_the_same_content_is_used() -> None:
    here = project()
    here.definition("Inner").graph.nodes["fc"] = evolve(here.definition("Inner").graph.nodes["fc"], position=(50, 60))
    borrowed = borrow(here, project(), ["Outer", "CenteredLayer"])
    before = dumps(here)
    here.apply(borrowed.edit)
    assert dumps(here) == before and not borrowed.renamed


def test_what_has_the_name_of_something_else_gets_a_new_one_and_so_has_what_needs_it() -> None:
    here = project(width=8)
    before = dumps(here)
    borrowed = borrow(here, project(), ["Outer"])
    inverse = here.apply(borrowed.edit)
    # Outer is the same text, but the Inner it means is another.
    assert borrowed.renamed == {"Inner": "Inner_2", "Outer": "Outer_2"}
    assert next(iter(here.definition("Outer_2").graph.nodes.values())).definition == "Inner_2"  # type: ignore[attr-defined]
    assert next(iter(here.definition("Outer").graph.nodes.values())).definition == "Inner"  # type: ignore[attr-defined]
    assert here.functions == project().functions
    here.apply(inverse)
    assert dumps(here) == before


def test_a_function_of_the_same_name_gets_a_new_one() -> None:
    here = project(value=2)
    here.apply(borrow(here, project(value=1), ["Outer"]).edit)
    assert set(here.functions) == {"my_init", "my_init_2"} and "def my_init_2(" in here.functions["my_init_2"]
    (rule,) = here.definition("Inner_2").initializers
    assert rule.function == "my_init_2"
    here.root = "Outer_2"
    assert "class Outer_2" in compile_document(here).source


def test_a_code_block_is_renamed_in_its_source() -> None:
    here = empty()
    here.definitions["CenteredLayer"] = CodeDefinition("CenteredLayer", CENTERED.replace("mean", "median"))
    here.apply(borrow(here, project(), ["CenteredLayer"]).edit)
    code = here.definitions["CenteredLayer_2"]
    assert isinstance(code, CodeDefinition) and "class CenteredLayer_2(" in code.source


def test_a_block_stands_alone_in_a_document_of_its_own() -> None:
    alone = extract(resnet(), "Stage")
    assert alone.root == "Stage" and list(alone.definitions) == ["Bottleneck", "Stage"]
    assert same_content(alone.definitions["Stage"], resnet().definitions["Stage"])
    alone.definition("Stage").graph.nodes.clear()
    assert resnet().definition("Stage").graph.nodes


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(EditError, match="no block named “Gone”"):
        borrow(empty(), project(), ["Gone"])


def test_a_tower_of_a_thousand_blocks_within_each_other_is_taken_over() -> None:
    depth = 1100  # more than Python calls within each other
    floors = [Definition("B0", graph("x", "y", [linear("fc", 4, 4)], "x>fc fc>y"))]
    for number in range(1, depth):
        inner = instance("inner", f"B{number - 1}")
        floors.append(Definition(f"B{number}", graph("x", "y", [inner], "x>inner.x inner.y>y")))
    tower = document(*reversed(floors), root=f"B{depth - 1}")
    here = document(Definition("B1", graph("x", "y", [], "x>y")))
    borrowed = borrow(here, tower, [tower.root])
    assert borrowed.names["B0"] == "B0" and borrowed.names["B1"] != "B1"
    assert all(borrowed.names[f"B{number}"] == f"B{number}" for number in range(2, depth))
    here.apply(borrowed.edit)
    assert len(here.definitions) == depth + 1
