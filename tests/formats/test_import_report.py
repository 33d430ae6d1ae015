"""The report of an import travels in the project, and bad ones harm nothing."""

from __future__ import annotations

from typing import Any

import pytest

from blockstudio.formats.import_report import KEY, ImportReport, Note, keep, kept
from blockstudio.formats.project import dumps, loads
from blockstudio.gui.session import new_document


def test_it_is_read_back_as_it_was_kept() -> None:
    notes = (
        Note("opaque", "layer1.0", {"type": "Odd", "reason": "it prints"}, more=3),
        Note("rank", "", {"rank": 4}),
    )
    document = new_document()
    keep(document, ImportReport("torchvision.models:resnet50", notes))
    assert kept(loads(dumps(document))) == ImportReport("torchvision.models:resnet50", notes)
    assert str(notes[0]) == "layer1.0 (and 3 like it): Odd came in as a block of Python: it prints."


@pytest.mark.parametrize("raw", [None, 3, {}, {"from": 3}])
def test_what_is_no_report(raw: Any) -> None:
    document = new_document()
    document.extra[KEY] = raw
    assert kept(document) is None


def test_notes_that_cannot_be_worded_are_passed_over() -> None:
    document = new_document()
    later = [
        {"code": "later", "path": "", "facts": {}},
        "text",
        {"code": "opaque", "path": "", "facts": {"type": "Odd"}},
        {"code": "rank", "path": "", "facts": {"rank": 2}},
    ]
    document.extra[KEY] = {"from": "net.py", "notes": later}
    report = kept(loads(dumps(document)))
    assert report is not None
    assert [note.code for note in report.notes] == ["rank"]
