"""How a graph is looked at, as edits: the direction it is drawn in, and views of it that are remembered."""

from __future__ import annotations

from attrs import frozen

from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import Edit
from blockstudio.graph.model import Bookmark


@frozen
class SetDirection(Edit):
    """Draw a graph from top to bottom, or from left to right."""

    location: Location
    down: bool

    def apply(self, document: Document) -> Edit:
        graph = document.graph(self.location)
        before, graph.down = graph.down, self.down
        return SetDirection(self.location, before)


@frozen
class SetBookmark(Edit):
    """Remember a view of a graph under a name; None forgets it."""

    location: Location
    name: str
    bookmark: Bookmark | None

    def apply(self, document: Document) -> Edit:
        bookmarks = document.graph(self.location).bookmarks
        before = bookmarks.pop(self.name, None)
        if self.bookmark is not None:
            bookmarks[self.name] = self.bookmark
        return SetBookmark(self.location, self.name, before)
