"""What can be done with whole blocks of the user's own: make, open, rename, copy, delete."""

from __future__ import annotations

import re

from PySide6.QtWidgets import QInputDialog, QWidget

from blockstudio.errors import EditError, mark
from blockstudio.graph.definition_commands import rename_definition
from blockstudio.graph.document import Document, Location
from blockstudio.graph.edits import AddDefinition, ChangeDocument, RemoveDefinition
from blockstudio.graph.expressions import is_identifier
from blockstudio.graph.model import CodeDefinition, Definition, Graph, Port, at_flow, copy_graph
from blockstudio.gui.i18n import tr
from blockstudio.gui.session import Session

TEMPLATE = """class {name}(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x
"""
"""What a new code block starts from; torch, nn and F are there to be used."""


def ask_name(parent: QWidget, title: str, suggestion: str) -> str:
    """Ask for the name of a block; "" when the user would rather not."""
    name, agreed = QInputDialog.getText(parent, title, tr("Name of the class:"), text=suggestion)
    return name.strip() if agreed else ""


def free_name(document: Document, wanted: str) -> str:
    """A name no definition has: Block, Block2, Block3, ..."""
    name, number = wanted, 2
    while name in document.definitions:
        name, number = f"{wanted}{number}", number + 1
    return name


def check_name(name: str) -> None:
    """EditError for a text that cannot be the name of a class."""
    if not is_identifier(name):
        raise EditError(
            mark("“{name}” is not a name: use letters, digits and underscores, not starting with a digit."), name=name
        )


def empty(down: bool = False) -> Graph:
    """The graph of a new block: one input and one output."""
    return Graph([Port("x")], [Port("y", at_flow(560.0, 0.0, 0, down))], down=down)


def add_block(session: Session, name: str) -> None:
    """Add an empty block with one input and one output, and show it."""
    check_name(name)
    session.push(AddDefinition(Definition(name, empty(session.graph.down))), tr("New block {name}").format(name=name))
    session.enter(Location(name))


def add_code(session: Session, name: str) -> None:
    """Add a block written in Python, trusted since it does nothing yet, and open the editor on it."""
    check_name(name)
    source = TEMPLATE.format(name=name)
    session.trust(source)
    session.push(AddDefinition(CodeDefinition(name, source)), tr("New code block {name}").format(name=name))
    session.code_requested.emit(name)


def open_block(session: Session, name: str) -> None:
    """Show the graph of a block, or the editor on its code."""
    if isinstance(session.document.definitions[name], CodeDefinition):
        session.code_requested.emit(name)
    else:
        session.enter(Location(name))


def rename(session: Session, parent: QWidget, name: str) -> None:
    """Ask for another name and give it to a block, wherever it is used."""
    new = ask_name(parent, tr("Rename"), name)
    if new and new != name:
        with session.guard():
            rename_block(session, name, new)


def rename_block(session: Session, name: str, new: str) -> None:
    """Rename a block, and the class in its source where it is written in Python."""
    check_name(new)
    text = tr("Rename {name}").format(name=name)
    definition = session.document.definitions[name]
    with session.macro(text):
        if isinstance(definition, CodeDefinition):
            from blockstudio.graph.edits import ChangeDefinition

            source = renamed_class(definition.source, name, new)
            if session.trusted:
                session.trust(source)
            session.push(ChangeDefinition(name, {"source": source}), text)
        session.push(rename_definition(session.document, name, new), text)


def renamed_class(source: str, old: str, new: str) -> str:
    """Source with the class called by another name, also where it calls itself."""
    return re.sub(rf"\b{re.escape(old)}\b", new, source)


def copy_block(session: Session, name: str) -> None:
    """Add a block like another, of a name of its own."""
    definition = session.document.definitions[name]
    new = free_name(session.document, name)
    copied: Definition | CodeDefinition
    if isinstance(definition, CodeDefinition):
        source = renamed_class(definition.source, name, new)
        if session.trusted:
            session.trust(source)
        copied = CodeDefinition(new, source, definition.doc, dict(definition.extra))
    else:
        copied = Definition(
            new,
            copy_graph(definition.graph),
            list(definition.hyper_parameters),
            list(definition.initializers),
            definition.doc,
            dict(definition.extra),
        )
    with session.guard():
        session.push(AddDefinition(copied), tr("Copy {name}").format(name=name))
        open_block(session, new)


def make_root(session: Session, name: str) -> None:
    """Let this block be the one that runs."""
    with session.guard():
        session.push(ChangeDocument({"root": name}), tr("Make {name} the root block").format(name=name))


def delete(session: Session, name: str) -> None:
    """Delete a block that nothing uses."""
    with session.guard():
        session.push(RemoveDefinition(name), tr("Delete {name}").format(name=name))
