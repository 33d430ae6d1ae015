"""One search for all: how well a few letters answer to what a thing is called; no Qt.

What can be added, what can be told to the window and what stands in the document are all found so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TypeVar

from attrs import frozen

from blockstudio.gui import pinyin

_WORD = re.compile(r"[^\W_]+")
_CAPITALS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_CALLED = re.compile(r"^(torch\.nn\.functional\.|torch\.nn\.|torch\.|nn\.|x?\.)|\(.*$", re.IGNORECASE)
"""What stands round a name in Python: `nn.Linear(20, 10)`."""
_WRITTEN = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|\d[dD]|[A-Z]+")
"""The words in a name of another library: `GlobalAveragePooling2D`."""
SPREAD = 1.8
"""How far apart the letters of a word may stand, in its length."""
NAMED = 85.0
"""The score of what begins with the word."""
MOST_SPELT = 2000
"""More choices are not compared letter by letter."""
ALIKE = 0.78
"""How alike a word and a misspelt one are, of 1."""


@frozen
class Choice:
    """One thing that can be found. `payload` says what it is to who asked."""

    payload: str
    label: str
    group: str = ""
    """Shown at the right."""
    icon: str = ""
    category: str = ""
    """Of the catalog: the colour of the icon."""
    doc: str = ""
    words: tuple[str, ...] = ()
    """Synonyms, in lower case."""
    name: str = ""
    """What it is called where that is not its label, in lower case: `add` for `a + b`."""
    detail: str = ""
    """Shown behind the label."""
    enabled: bool = True


C = TypeVar("C", bound=Choice)


def ranked(
    available: Iterable[C],
    text: str,
    recent: Sequence[str] = (),
    likely: Sequence[str] = (),
) -> list[C]:
    """The choices that match every word of a text, best first; what is only misspelt where nothing else is found.
    Without a word, all as they come.

    What was used last and what is likely, in its order, come before what answers as well.
    """
    choices = list(available)
    readings = _readings(text)
    if not readings:
        return choices
    usual = {payload: 2.0 - place / len(likely) for place, payload in reversed(list(enumerate(likely)))}
    for score in (_score, _misspelt) if len(choices) <= MOST_SPELT else (_score,):
        scored = []
        for order, choice in enumerate(choices):
            best, exact = max(_total(score, choice, words) for words in readings)
            if best:
                used = 3.0 if choice.payload in recent else usual.get(choice.payload, 0.0)
                if choice.label == text.strip() != text.lower():  # ReLU is the layer, whatever was used last
                    used += 3.5
                # Of names that begin alike the shortest is meant; synonyms say nothing of that.
                scored.append((-best - used, len(choice.label) if exact else 0, order, choice))
        if scored:
            return [choice for *_, choice in sorted(scored, key=lambda item: item[:3])]
    return []


def _readings(text: str) -> list[tuple[str, ...]]:
    """The words a text can be meant as: as they stand, as one, or parted at its capitals and numbers."""
    stripped = _CALLED.sub("", text.strip()) or text
    words = tuple(stripped.lower().split())
    if not words:
        return []
    found = [words]
    if len(words) > 1 and stripped.isascii():
        found.append(("".join(words),))
    parts = tuple(part.lower() for part in _WRITTEN.findall(stripped))
    if len(parts) > len(words) and all(len(part) > 2 or part[0].isdigit() for part in parts):
        found.append(parts)
    return found


def _total(score: Callable[[Choice, str], float], choice: Choice, words: Sequence[str]) -> tuple[float, bool]:
    """How well a choice answers all of some words, and whether each of them is its name or begins it."""
    total, exact = 0.0, True
    for word in words:
        found = score(choice, word)
        if not found:
            return 0.0, False
        total += found
        exact = exact and found in (NAMED, 100.0)
    return total / len(words), exact


def _score(choice: Choice, word: str) -> float:
    """How well a choice answers a word: 100 for its very name, 0 for not at all."""
    label = choice.label.lower()
    if word in (label, choice.name):
        return 100.0
    parts = _parts(choice.label)
    if word in parts[:1] or (not word.isalnum() and word in label.split()):  # `>` is `a > b` before `a >> b`
        return 90.0
    if word in choice.words:
        return 88.0
    # A word of Chinese has one letter or two where one of English has six.
    letters = len(word) if word.isascii() else 3 * len(word)
    spelt = max(pinyin.spelt(word, name) for name in (choice.label, *choice.words))
    tests: tuple[tuple[float, Callable[[], bool]], ...] = (
        (86.0, lambda: word in parts),
        (NAMED, lambda: label.startswith(word)),
        (82.0, lambda: spelt == pinyin.WHOLE),
        (78.0, lambda: any(synonym.startswith(word) for synonym in choice.words)),
        (72.0, lambda: len(word) > 1 and _initials(choice.label).startswith(word)),
        (70.0, lambda: spelt == pinyin.BEGINNING),
        (66.0, lambda: any(part.startswith(word) for part in parts)),
        (60.0, lambda: spelt >= pinyin.INSIDE),
        (55.0, lambda: word in label),
        (45.0, lambda: any(word in synonym for synonym in choice.words)),
        (40.0, lambda: word in choice.group.lower() or pinyin.spelt(word, choice.group) > 0),
        (35.0, lambda: word in choice.detail.lower()),
        (30.0, lambda: len(word) > 2 and _scattered(word, label)),
        (15.0, lambda: letters > 3 and word in choice.doc.lower()),
    )
    return next((score for score, holds in tests if holds()), 0.0)


def _misspelt(choice: Choice, word: str) -> float:
    """The same, for a word that is nearly a name: `lineer`, `sotfmax`."""
    found = _score(choice, word)
    if found or len(word) < 4:
        return found
    matcher = SequenceMatcher(b=word, autojunk=False)
    best = 0.0
    for name in (choice.label.lower(), *_parts(choice.label), *choice.words):
        matcher.set_seq1(name)
        if matcher.real_quick_ratio() > ALIKE and matcher.quick_ratio() > ALIKE:
            best = max(best, matcher.ratio())
    return 20.0 * best if best > ALIKE else 0.0


@lru_cache(maxsize=4096)
def _parts(label: str) -> tuple[str, ...]:
    return tuple(part.lower() for word in _WORD.findall(label) for part in _CAPITALS.findall(word) or [word])


def _initials(label: str) -> str:
    return "".join(part[0] for part in _parts(label))


def _scattered(word: str, label: str) -> bool:
    """Whether the letters come in this order, close together, beginning with the first: `bnorm` in `batchnorm2d`."""
    if not label.startswith(word[0]):
        return False
    place = 0
    for letter in word[1:]:
        place = label.find(letter, place + 1)
        if place < 0:
            return False
    return place < SPREAD * len(word)
