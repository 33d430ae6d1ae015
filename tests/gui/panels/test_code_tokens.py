"""Source cut into coloured pieces, and what changed between two sources."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from blockstudio.gui.panels.code_tokens import changed_lines, pieces
from blockstudio.gui.panels.code_view import CodeView

LINES = st.lists(st.sampled_from(["a = 1", "", '"""', "def f(x):", "    return x  # 😀", "    pass"]), max_size=12)


def test_pieces_are_those_of_pygments() -> None:
    lines = pieces('def f():\n    """Two\n    lines."""\n')
    assert [str(kind) for _, _, kind in lines[0]][:2] == ["Token.Keyword", "Token.Name.Function"]
    assert all("String.Doc" in str(kind) for _, _, kind in lines[1] + lines[2])


def test_columns_are_counted_as_qt_does() -> None:
    (line,) = pieces('"😀" + x')
    assert line[-1][0] == 7  # the face takes two


@given(LINES)
def test_there_is_a_list_for_each_line(lines: list[str]) -> None:
    text = "\n".join(lines)
    cut = pieces(text)
    assert len(cut) == text.count("\n") + 1
    for line, found in zip(text.split("\n"), cut, strict=True):
        units = len(line.encode("utf-16-le")) // 2
        assert all(start >= 0 and start + length <= units for start, length, _ in found)


@given(LINES, LINES)
def test_replacing_the_changed_lines_gives_the_new_text(old: list[str], new: list[str]) -> None:
    start, old_end, new_end = changed_lines(old, new)
    assert old[:start] + new[start:new_end] + old[old_end:] == new


def test_a_view_shows_what_it_is_given(qtbot: QtBot) -> None:
    view = CodeView()
    qtbot.addWidget(view)

    @given(LINES, LINES)
    def check(one: list[str], other: list[str]) -> None:
        for text in ("\n".join(one), "\n".join(other)):
            view.show_pieces(text, pieces(text))
            assert view.toPlainText() == text
            assert colours(view) == fresh_colours(text)

    def fresh_colours(text: str) -> list[list[tuple[int, int]]]:
        fresh = CodeView()
        fresh.set_code(text)
        found = colours(fresh)
        fresh.deleteLater()
        return found

    def colours(of: CodeView) -> list[list[tuple[int, int]]]:
        found = []
        block = of.document().firstBlock()
        while block.isValid():
            layout = block.layout()
            found.append([(part.start, part.length) for part in layout.formats()] if layout else [])
            block = block.next()
        return found

    check()


def test_typing_recolours_the_lines_below(qtbot: QtBot) -> None:
    view = CodeView()
    qtbot.addWidget(view)
    view.set_code("\nx = 1\ny = 2")
    before = first_color(view, 1)
    view.textCursor().insertText('"""')
    assert first_color(view, 1) != before


def first_color(view: CodeView, line: int) -> str:
    block = view.document().findBlockByNumber(line)
    parts = block.layout().formats()
    return parts[0].format.foreground().color().name()
