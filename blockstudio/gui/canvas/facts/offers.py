"""What can be placed here, found by a few letters: the catalog, structures, and the user's own blocks; no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from attrs import evolve

from blockstudio.catalog.catalog import catalog
from blockstudio.catalog.ports import code_signature, definition_ports
from blockstudio.catalog.spec import Entry
from blockstudio.engine.protocol import TensorShape
from blockstudio.graph.borrowing import same_content
from blockstudio.graph.document import Document, Location
from blockstudio.graph.model import CodeDefinition, Definition
from blockstudio.gui import matching
from blockstudio.gui.canvas.facts.keys import PortKey
from blockstudio.gui.canvas.facts.kinds import BLOCK_CATEGORY, ICONS, category_icon
from blockstudio.gui.canvas.facts.likely import takes
from blockstudio.gui.canvas.facts.needs import ANYTHING, Sizes, fitting_options, given_by, input_for
from blockstudio.gui.canvas.facts.placing import recursive
from blockstudio.gui.i18n import entry_label, in_every_language, language, tr
from blockstudio.gui.library import LibraryBlock
from blockstudio.gui.matching import Choice

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
USUAL = (
    *COMMON[:12],
    "operator.mul",
    *COMMON[12:],
    "torch.nn.MultiheadAttention",
    "torch.nn.AdaptiveAvgPool2d",
    "torch.nn.AvgPool2d",
    "torch.nn.BatchNorm1d",
    "torch.nn.GELU",
    "torch.nn.Softmax",
    "torch.nn.Sigmoid",
    "torch.nn.Tanh",
    "torch.nn.LeakyReLU",
    "torch.nn.SiLU",
    "torch.nn.GRU",
    "torch.nn.ConvTranspose2d",
    "torch.nn.TransformerEncoderLayer",
    "torch.nn.Conv1d",
    "torch.nn.CrossEntropyLoss",
    "torch.nn.MSELoss",
    "torch.nn.Upsample",
    "torch.nn.GroupNorm",
    "torch.nn.Identity",
    "torch.nn.ZeroPad2d",
    "torch.nn.Dropout2d",
    "torch.nn.MaxPool1d",
    "torch.matmul",
    "operator.matmul",
    "operator.sub",
    "operator.truediv",
    "operator.getitem",
    "torch.reshape",
    "torch.Tensor.view",
    "torch.transpose",
    "torch.permute",
    "torch.mean",
    "torch.sum",
    "torch.flatten",
    "torch.nn.functional.softmax",
    "node:repeat",
    "node:definition",
)
"""What is meant most often by a word that answers to several."""

_SOURCES = frozenset({"constant", "parameter"})
_BORDER = frozenset({"input", "output", "note"})
_IN_SEQUENCE = frozenset({"sequential", "repeat", "definition", "code"})


def everything(document: Document) -> list[Choice]:
    """All there is, wherever it can be placed."""
    return [*(_own(definition) for definition in document.definitions.values()), *_catalog_offers(language())]


def offers(
    document: Document,
    location: Location,
    *,
    sequence: bool = False,
    wire: PortKey | None = None,
    flowing: TensorShape | None = None,
    need: Sizes = ANYTHING,
    library: Iterable[LibraryBlock] = (),
) -> list[Choice]:
    """Everything that can be placed in the graph at `location`; with `wire`, what its loose end can go to,
    with `flowing`, what can work on that, and with `need`, what can give that."""
    closed = recursive(document, location)

    def joins(home: Document, definition: Definition | CodeDefinition) -> bool:
        ports = definition_ports(definition)
        if wire and ports and not (ports.inputs if wire.is_source else ports.outputs):
            return False
        return flowing is None or input_for(home, definition, flowing) is not None

    found = [_own(d) for d in document.definitions.values() if d.name not in closed and joins(document, d)]
    found += [offer for offer in _catalog_offers(language()) if _fits(offer, sequence, wire) and _takes(offer, flowing)]
    told = [_told(offer, document, flowing, need) for offer in found if gives(document, offer.payload, need)]
    for block in library:
        own, home = _own(block.definition), block.document
        if not _is_here(document, block) and joins(home, block.definition) and gives(home, own.payload, need):
            told.append(of_library(block, _told(own, home, flowing, need).detail))
    return told


def _is_here(document: Document, block: LibraryBlock) -> bool:
    """Whether the project has a block of the library already, and offers that."""
    here = document.definitions.get(block.name)
    return here is not None and same_content(here, block.definition)


def gives(document: Document, payload: str, need: Sizes) -> bool:
    """Whether what an offer gives can be what is needed."""
    if need == ANYTHING:
        return True
    if payload in ("node:constant", "node:parameter"):
        return need.kind in ("", "float")
    return given_by(document, payload).meets(need)


def _told(offer: Choice, document: Document, flowing: TensorShape | None, need: Sizes) -> Choice:
    """The offer, with the options that would be set for it to fit."""
    if flowing is None and need == ANYTHING:
        return offer
    options = fitting_options(document, offer.payload, flowing, need)
    text = ", ".join(f"{name} = {value}" for name, value in options.items())
    return evolve(offer, detail=text) if text else offer


def _own(definition: Definition | CodeDefinition) -> Choice:
    icon = ICONS["code" if isinstance(definition, CodeDefinition) else "instance"]
    doc = definition.doc
    if isinstance(definition, CodeDefinition) and not doc:
        signature = code_signature(definition)
        doc = signature.doc if signature else ""
    payload = f"definition:{definition.name}"
    return Choice(payload, definition.name, tr("Your blocks"), icon, BLOCK_CATEGORY, doc)


def of_library(block: LibraryBlock, detail: str = "") -> Choice:
    """A block of the library, to be added with what it needs."""
    return evolve(_own(block.definition), payload=block.payload, group=tr("Library"), detail=detail)


def _fits(offer: Choice, sequence: bool, wire: PortKey | None) -> bool:
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


def _takes(offer: Choice, flowing: TensorShape | None) -> bool:
    entry = catalog().get(offer.payload) if flowing is not None else None
    return entry is None or takes(entry, flowing)


def is_wireable(entry: Entry) -> bool:
    """Whether it has an input that one would wire first."""
    return not all(port.optional or port.advanced for port in entry.inputs)


def can_be_inserted(offer: Choice) -> bool:
    """Whether it has an input and an output."""
    entry = catalog().get(offer.payload)
    if entry is not None:
        return bool(is_wireable(entry) and entry.outputs)
    return offer.payload.partition(":")[2] not in _SOURCES | _BORDER


@cache
def _catalog_offers(language: str) -> tuple[Choice, ...]:
    known = catalog()
    structures = [(f"node:{entry.kind}", entry) for entry in known.structures]
    entries = [(entry.type, entry) for entry in known.entries if not entry.hidden]
    return tuple(_offer(payload, entry) for payload, entry in structures + entries)


def _offer(payload: str, entry: Entry) -> Choice:
    icon = ICONS.get(entry.kind) or category_icon(entry.category)
    names = (*in_every_language(entry.label), *entry.synonyms, *_names(entry.type))
    words = tuple(dict.fromkeys(word.lower() for word in names))
    group = tr(entry.category)
    if entry.kind == "function":
        # Conv1d and conv1d are told apart by more than a capital.
        group = tr("{category}, function").format(category=group)
    name = entry.type.rpartition(".")[2].lower()
    return Choice(payload, entry_label(entry), group, icon, entry.category, tr(entry.doc), words, name)


def _names(type: str) -> tuple[str, ...]:
    """What people write for a type: `relu`, `F.relu`, `functional.relu`, `torch.nn.functional.relu`."""
    parts = type.split(".")
    tails = [".".join(parts[start:]) for start in range(len(parts))]
    return (*tails, f"F.{parts[-1]}") if parts[-2:-1] == ["functional"] else tuple(tails)


def ranked(available: Iterable[Choice], text: str, recent: Sequence[str] = ()) -> list[Choice]:
    """The offers that match a text, best first; without a text, what is likely: recent, own, common, the rest."""
    if text.strip():
        available = list(available)
        blocks = (offer.payload for offer in available if offer.category == BLOCK_CATEGORY)
        return matching.ranked(available, text, recent, [*blocks, *USUAL])
    likely = {payload: i for i, payload in reversed(list(enumerate((*recent, *COMMON))))}
    own = len(likely)

    def place(offer: Choice) -> int:
        rank = likely.get(offer.payload, own + 1)
        return min(rank, len(recent)) if offer.category == BLOCK_CATEGORY else rank

    return sorted(available, key=place)
