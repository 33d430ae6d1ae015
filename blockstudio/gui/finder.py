"""Find in all graphs of the project: by name, kind, option, shape, parameter or the words of a note."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from blockstudio.catalog.catalog import catalog
from blockstudio.graph.document import Location
from blockstudio.graph.model import Function, Layer, Node
from blockstudio.gui import matching
from blockstudio.gui.canvas.facts.faces import describe
from blockstudio.gui.canvas.facts.summaries import shape_text, shown
from blockstudio.gui.i18n import tr
from blockstudio.gui.markup import in_words
from blockstudio.gui.matching import Choice
from blockstudio.gui.session import Session

if TYPE_CHECKING:
    from blockstudio.gui.main_window import MainWindow

MOST = 100
NOTE_ICON = "mdi6.note-outline"
NOTE_WORDS = 60


@frozen
class Place:
    """Where a thing that can be found is."""

    location: Location
    name: str
    note: bool = False


class Finder:
    """Every node and note of a document, and what each can be found by.

    What a row shows besides the name is worked out for the rows that are shown: of thousands, a few.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.places: list[Place] = []
        self._choices: list[Choice] = []
        self._dressed: dict[str, Choice] = {}
        self._shapes: dict[str, list[str]] = {}
        self._owned: dict[str, list[str]] = {}
        for port in session.shapes.ports if session.shapes else ():
            self._shapes.setdefault(port.path, []).append(shape_text(port.value))
        for row in session.table.rows if session.table else ():
            self._owned.setdefault(row.node, []).append(f"{row.path} {shown('shape', row.shape)}")
        for location, graph in session.document.graphs():
            path = location.path()
            for node in graph.nodes.values():
                words = tuple(dict.fromkeys(word.lower() for word in self._words(location, node) if word))
                self._add(Place(location, node.name), Choice("", node.name, path, doc=node.comment, words=words))
            for key, note in graph.notes.items():
                label = in_words(note.text)[:NOTE_WORDS] or tr("Note")
                self._add(Place(location, key, True), Choice("", label, path, NOTE_ICON, doc=note.text))

    def _add(self, place: Place, choice: Choice) -> None:
        self._choices.append(evolve(choice, payload=str(len(self.places))))
        self.places.append(place)

    def _words(self, location: Location, node: Node) -> Iterator[str]:
        path = location.path(node.name)
        yield from (kind_text(node), path)
        yield from self._shapes.get(path, ())
        yield from self._owned.get(path, ())
        yield from _parameters(node)
        yield from _options(node)

    def found(self, text: str) -> list[Choice]:
        """What a text finds, as much as anyone reads; sizes may be written 2x256, 2×256 or (2, 256)."""
        words = [_size(word) for word in re.sub(r"[()]", " ", text).replace(", ", ",").split()]
        found = matching.ranked(self._choices, " ".join(words))
        return [self._dress(choice) for choice in found[:MOST]]

    def _dress(self, choice: Choice) -> Choice:
        place = self.places[int(choice.payload)]
        if place.note:
            return choice
        found = self._dressed.get(choice.payload)
        if found is None:
            document = self._session.document
            graph = document.graph(place.location)
            node = graph.nodes[place.name]
            face = describe(document, place.location, graph, node)
            kind = kind_text(node)
            shapes = self._shapes.get(place.location.path(place.name), [])
            parts = (kind if kind != node.name else "", face.detail, *shapes)
            found = evolve(
                choice, icon=face.icon, category=face.category, detail="  ".join(part for part in parts if part)
            )
            self._dressed[choice.payload] = found
        return found


def open_finder(window: MainWindow) -> None:
    """Ask for a node or note, and go there."""
    finder = Finder(window.session)

    def go(payload: str) -> None:
        place = finder.places[int(payload)]
        with window.session.guard():
            if place.note:
                window.canvas.show_note(place.location, place.name)
            else:
                window.session.show_node(place.location, place.name)

    window.search_popup.open_large(
        finder.found,
        go,
        prompt=tr("Find by name, kind, option, shape or parameter"),
        title=tr("Nodes and notes"),
    )


def _size(word: str) -> str:
    """A word, or a shape as it is shown: `2×256` for `2x256` and `2,256`."""
    plain = re.sub("[,*]", "x", word).strip("x")
    return plain.replace("x", "×") if plain.replace("x", "").isdigit() else word


def _options(node: Node) -> Iterator[str]:
    if isinstance(node, Layer | Function):
        for name, value in node.options.items():
            text = shown(name, value)
            yield from (name, text, f"{name}={text}")


def _parameters(node: Node) -> Sequence[str]:
    entry = catalog().get(node.type) if isinstance(node, Layer) else None
    return entry.parameters if entry else ()


def kind_text(node: Node) -> str:
    """What a node is, in a word: its type's last name, its definition, or its kind."""
    named: str = getattr(node, "type", "") or getattr(node, "definition", "") or node.kind
    return named.rpartition(".")[2]
