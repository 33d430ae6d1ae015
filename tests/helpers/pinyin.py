"""Writes `resources/i18n/pinyin.json`, the readings of the characters of GB 2312 by syllable, from pypinyin:
`pip install pypinyin` somewhere, and there `python -m tests.helpers.pinyin`.

The app reads that table of 30 KB; pypinyin itself, of 4 MB, is needed by nobody who uses or tests it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent.parent / "resources" / "i18n" / "pinyin.json"


SELDOM = 0.04
"""The share of a character's phrases below which a reading is left out: it would only find what nobody meant."""


def generate() -> str:
    """The text of the file: {"xian": "先线…"}, with "v" for ü as it is typed."""
    from pypinyin import lazy_pinyin, phrases_dict  # type: ignore[import-not-found,unused-ignore]

    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for phrase in phrases_dict.phrases_dict:
        for character, syllable in zip(phrase, lazy_pinyin(phrase), strict=False):
            counts[character][syllable] += 1
    table: dict[str, str] = defaultdict(str)
    for row in range(0xB0, 0xF8):
        for cell in range(0xA1, 0xFF):
            character = bytes((row, cell)).decode("gb2312", errors="ignore")
            for syllable in _readings(counts[character], *lazy_pinyin(character)):
                table[syllable] += character
    return json.dumps(dict(sorted(table.items())), ensure_ascii=False, indent=0) + "\n"


def _readings(counts: Counter[str], usual: str = "") -> list[str]:
    often = [syllable for syllable, count in counts.items() if count > SELDOM * counts.total()]
    return [syllable for syllable in dict.fromkeys([usual, *often]) if syllable.isascii() and syllable.isalpha()]


if __name__ == "__main__":
    FILE.write_text(generate(), encoding="utf-8")
