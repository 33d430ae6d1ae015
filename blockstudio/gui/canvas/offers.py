"""What can be placed here, found by a few letters: the catalog, structures, and the user's own blocks; no Qt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from attrs import frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import definition_ports
from blockstudio.catalog.spec import Entry
from blockstudio.engine.protocol import TensorShape
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import CodeDefinition
from blockstudio.gui.canvas.faces import BLOCK_CATEGORY, ICONS, category_icon
from blockstudio.gui.canvas.keys import PortKey
from blockstudio.gui.canvas.likely import takes
from blockstudio.gui.canvas.placing import recursive
from blockstudio.gui.i18n import entry_label, tr

COMMON = (
    "torch.nn.Linear",
    "torch.nn.ReLU",
    "torch.nn.Conv2d",
    "torch.nn.MaxPool2d",
    "torch.nn.Flatten",
    "torch.nn.Dropout",
    "torch.nn.BatchNorm2d",
    "torch.nn.LayerNorm",
    "torch.nn.Embedding",
    "torch.nn.LSTM",
    "node:sequential",
    "operator.add",
    "torch.cat",
    "torch.nn.functional.relu",
    "torch.mm",
    "node:constant",
)
"""Offered first to one who has not typed yet, behind what was used last."""

_SOURCES = frozenset({"constant", "parameter"})
_BORDER = frozenset({"input", "output", "note"})
_IN_SEQUENCE = frozenset({"sequential", "repeat", "definition", "code"})
_WORD = re.compile(r"[^\W_]+")
_CAPITALS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@frozen
class Offer:
    """One thing to place. `payload` is what a drag from the palette would carry."""

    payload: str
    label: str
    group: str
    icon: str
    category: str
    doc: str = ""
    words: tuple[str, ...] = ()
    """Synonyms, in lower case."""


def offers(
    document: Document,
    location: Location,
    *,
    sequence: bool = False,
    wire: PortKey | None = None,
    flowing: TensorShape | None = None,
) -> list[Offer]:
    """Everything that can be placed in the graph at `location`; with `wire`, what its loose end can go to,
    and with `flowing`, what can work on that."""
    found = []
    closed = recursive(document, location)
    for definition in document.definitions.values():
        if definition.name in closed:
            continue
        ports = definition_ports(definition)
        if wire and ports and not (ports.inputs if wire.is_source else ports.outputs):
            continue
        icon = ICONS["code" if isinstance(definition, CodeDefinition) else "instance"]
        payload, name = f"definition:{definition.name}", definition.name
        found.append(Offer(payload, name, tr("Your blocks"), icon, BLOCK_CATEGORY, definition.doc))
    found += [offer for offer in _catalog_offers() if _fits(offer, sequence, wire) and _takes(offer, flowing)]
    return found


def _fits(offer: Offer, sequence: bool, wire: PortKey | None) -> bool:
    prefix, _, kind = offer.payload.partition(":")
    if prefix == "node":
        if sequence:
            return kind in _IN_SEQUENCE
        if wire is None:
            return True
        if kind in _BORDER:
            return kind == ("output" if wire.is_source else "input")
        return not (wire.is_source and kind in _SOURCES)
    entry = catalog().get(offer.payload)
    assert entry is not None
    if sequence and entry.kind != "layer":
        return False
    return wire is None or bool(is_wireable(entry) if wire.is_source else entry.outputs)


def _takes(offer: Offer, flowing: TensorShape | None) -> bool:
    entry = catalog().get(offer.payload) if flowing is not None else None
    return entry is None or takes(entry, flowing)


def is_wireable(entry: Entry) -> bool:
    """Whether it has an input that one would wire first."""
    return not all(port.optional or port.advanced for port in entry.inputs)


def can_be_inserted(offer: Offer) -> bool:
    """Whether it has an input and an output."""
    entry = catalog().get(offer.payload)
    if entry is not None:
        return bool(is_wireable(entry) and entry.outputs)
    return offer.payload.partition(":")[2] not in _SOURCES | _BORDER


@cache
def _catalog_offers() -> tuple[Offer, ...]:
    known = catalog()
    structures = [(f"node:{entry.kind}", entry) for entry in known.structures]
    entries = [(entry.type, entry) for entry in known.entries if not entry.hidden]
    return tuple(_offer(payload, entry) for payload, entry in structures + entries)


def _offer(payload: str, entry: Entry) -> Offer:
    icon = ICONS.get(entry.kind) or category_icon(entry.category)
    words = tuple(word.lower() for word in (*entry.synonyms, *_names(entry.type)))
    group = tr(entry.category)
    if entry.kind == "function":
        # Conv1d and conv1d are told apart by more than a capital.
        group = tr("{category}, function").format(category=group)
    return Offer(payload, entry_label(entry), group, icon, entry.category, tr(entry.doc), words)


def _names(type: str) -> tuple[str, ...]:
    """What people write for a type: `relu`, `F.relu`, `functional.relu`, `torch.nn.functional.relu`."""
    parts = type.split(".")
    tails = [".".join(parts[start:]) for start in range(len(parts))]
    return (*tails, f"F.{parts[-1]}") if parts[-2:-1] == ["functional"] else tuple(tails)


def ranked(available: Iterable[Offer], text: str, recent: Sequence[str] = ()) -> list[Offer]:
    """The offers that match a text, best first; without a text, what is likely: recent, own, common, the rest."""
    words = text.lower().split()
    likely = {payload: i for i, payload in reversed(list(enumerate((*recent, *COMMON))))}
    if not words:
        own = len(likely)

        def place(offer: Offer) -> tuple[int, str]:
            rank = likely.get(offer.payload, own + 1)
            return (min(rank, len(recent)) if offer.category == BLOCK_CATEGORY else rank, "")

        return sorted(available, key=place)
    scored = []
    for order, offer in enumerate(available):
        score = sum(_score(offer, word) for word in words) if all(_score(offer, w) for w in words) else 0.0
        if score:
            bonus = 3.0 if offer.payload in recent else 2.0 if offer.payload in likely else 0.0
            scored.append((-(score / len(words) + bonus), len(offer.label), order, offer))
    return [offer for *_, offer in sorted(scored, key=lambda item: item[:3])]


def _score(offer: Offer, word: str) -> float:
    """How well an offer answers a word: 100 for its very name, 0 for not at all."""
    label = offer.label.lower()
    if word == label:
        return 100.0
    if word in offer.words:
        return 92.0
    tests: tuple[tuple[float, Callable[[], bool]], ...] = (
        (85.0, lambda: label.startswith(word)),
        (78.0, lambda: any(synonym.startswith(word) for synonym in offer.words)),
        (72.0, lambda: _initials(offer.label).startswith(word) and len(word) > 1),
        (66.0, lambda: any(part.startswith(word) for part in _parts(offer.label))),
        (55.0, lambda: word in label),
        (45.0, lambda: any(word in synonym for synonym in offer.words)),
        (40.0, lambda: word in offer.group.lower()),
        (30.0, lambda: len(word) > 2 and _scattered(word, label)),
        (15.0, lambda: len(word) > 3 and word in offer.doc.lower()),
    )
    return next((score for score, holds in tests if holds()), 0.0)


def _parts(label: str) -> list[str]:
    return [part.lower() for word in _WORD.findall(label) for part in _CAPITALS.findall(word) or [word]]


def _initials(label: str) -> str:
    return "".join(part[0] for part in _parts(label))


def _scattered(word: str, label: str) -> bool:
    """Whether the letters come in this order, beginning with the first: `bnorm` in `batchnorm2d`."""
    if not label.startswith(word[0]):
        return False
    rest = iter(label)
    return all(letter in rest for letter in word)
