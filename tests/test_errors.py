"""Errors as sentences."""

from __future__ import annotations

import pytest

from blockstudio.compiler import check
from blockstudio.errors import LONGEST, BlockStudioError, RunError, shortened, worded
from blockstudio.formats.project import loads
from blockstudio.gui.i18n import message
from tests.end2end.test_bad_input import LINEAR, chain, net

LONG = "begin" + "x" * 10_000_000 + "end"


@pytest.mark.parametrize("fact", [1, 2.5, True, "short", None, (1, 2), RunError("Why.")])
def test_short_facts_are_as_they_are(fact: object) -> None:
    assert worded("{fact}", {"fact": fact}) == f"{fact}"


@pytest.mark.parametrize("fact", [LONG, [LONG, 1], {"key": LONG}, RunError("{name}", name=LONG)])
def test_of_a_long_fact_there_is_the_beginning_and_the_end(fact: object) -> None:
    said = shortened(fact)
    assert len(said) <= LONGEST and "begin" in said and "end" in said and " … " in said


def test_no_error_is_longer_than_a_person_reads() -> None:
    error = BlockStudioError("“{name}” is missing.", path=LONG, name=LONG)
    assert len(str(error)) < 1000
    assert len(message(error)) < 1000


def test_nor_is_a_diagnostic() -> None:
    name, text = "x" * 100_000, "y" * 900_000
    data = net(graph={"nodes": [{**LINEAR, "name": name, "options": {"in_features": text}}], "edges": chain(name)})
    found = check(loads(data))
    assert found
    assert all(len(str(each)) < 2000 for each in found)
