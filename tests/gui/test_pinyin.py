"""Chinese is found by the keys that write it."""

from __future__ import annotations

from string import ascii_lowercase

import pytest

from blockstudio.gui.pinyin import BEGINNING, INSIDE, WHOLE, spelt
from tests.helpers.translations import read


@pytest.mark.parametrize(
    ("letters", "text", "part"),
    [
        ("xianxing", "线性", WHOLE),
        ("xianx", "线性", WHOLE),
        ("xxing", "线性", WHOLE),
        ("xx", "线性", WHOLE),
        ("chihua", "最大池化", INSIDE),
        ("zdchihua", "最大池化", WHOLE),
        ("zuida", "最大池化", BEGINNING),
        ("chongfu", "重复", WHOLE),
        ("quanzhong", "权重", WHOLE),
        ("lv", "过滤", INSIDE),
        ("xian", "线性", BEGINNING),
        ("xz", "线性", 0),
        ("xianxinga", "线性", 0),
        ("xx", "Linear", 0),
        ("线性", "线性", 0),
    ],
)
def test_letters_spell_characters_in_a_row(letters: str, text: str, part: int) -> None:
    assert spelt(letters, text) == part


def test_every_character_that_the_window_shows_has_a_reading() -> None:
    shown = {character for text in read("zh_CN") for character in str(text.string) if "\u4e00" <= character <= "\u9fff"}
    assert len(shown) > 500
    assert [character for character in shown if not any(spelt(2 * a, 2 * character) for a in ascii_lowercase)] == []
