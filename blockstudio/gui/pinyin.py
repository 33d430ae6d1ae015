"""Chinese as it is typed: whether some letters spell characters, by their syllables or by their initials."""

from __future__ import annotations

import json
from functools import cache, lru_cache

from blockstudio import resources

INSIDE, BEGINNING, WHOLE = 1, 2, 3
"""What part of a text letters spell."""


def spelt(letters: str, text: str) -> int:
    """What of a text some letters are the pinyin of, 0 for nothing: characters in a row, each by its first letters at
    least. `xianxing`, `xianx`, `xxing` and `xx` spell 线性."""
    if text.isascii() or len(letters) < 2 or not letters.isascii() or not letters.isalpha():
        return 0
    readings = _readings_of(text)
    best = 0
    for start in range(len(readings)):
        end = _end(letters, readings, start)
        if end:
            best = max(best, INSIDE if start else WHOLE if end == len(readings) else BEGINNING)
    return best


def _end(letters: str, readings: tuple[tuple[str, ...], ...], start: int) -> int:
    """Behind the last character that letters spell from `start` on, 0 where they do not; the furthest there is."""
    if not letters:
        return start
    best = 0
    for reading in readings[start] if start < len(readings) else ():
        length = 0
        while length < min(len(letters), len(reading)) and letters[length] == reading[length]:
            length += 1
        for taken in range(length, 0, -1):
            best = max(best, _end(letters[taken:], readings, start + 1))
    return best


@lru_cache(maxsize=4096)
def _readings_of(text: str) -> tuple[tuple[str, ...], ...]:
    table = _table()
    return tuple(table.get(character, ()) for character in text)


@cache
def _table() -> dict[str, tuple[str, ...]]:
    """The readings of each character."""
    table: dict[str, tuple[str, ...]] = {}
    for syllable, characters in json.loads(resources.path("i18n", "pinyin.json").read_text(encoding="utf-8")).items():
        for character in characters:
            table[character] = (*table.get(character, ()), syllable)
    return table
