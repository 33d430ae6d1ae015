"""Every change can be undone, back to the byte-identical document, and redone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from blockstudio.errors import EditError
from blockstudio.formats import project
from blockstudio.graph.edits import Edit
from tests.helpers.changing import new_document, random_edit


@settings(max_examples=150)
@given(st.data())
def test_any_sequence_of_changes_is_undone_and_redone_exactly(data: st.DataObject) -> None:
    document = new_document()
    texts = [project.dumps(document)]
    inverses: list[Edit] = []
    for _ in range(data.draw(st.integers(1, 25))):
        edit = random_edit(data.draw, document)
        if edit is None:
            continue
        try:
            inverses.append(document.apply(edit))
        except EditError:
            assert project.dumps(document) == texts[-1], f"refused, yet something changed: {edit}"
            continue
        texts.append(project.dumps(document))
        assert project.dumps(project.loads(texts[-1])) == texts[-1]
        assert project.loads(texts[-1]) == document
    redo = []
    for inverse, before in zip(reversed(inverses), reversed(texts[:-1]), strict=True):
        redo.append(document.apply(inverse))
        assert project.dumps(document) == before
    for edit, after in zip(reversed(redo), texts[1:], strict=True):
        document.apply(edit)
        assert project.dumps(document) == after
