"""Existing PyTorch models as documents, with their hierarchy."""

from __future__ import annotations

from typing import Any

from torch import nn

from blockstudio.graph.document import Document
from blockstudio.runtime.importing.assembling import Assembler
from blockstudio.runtime.importing.calls import default_signature
from blockstudio.runtime.importing.names import class_name
from blockstudio.runtime.importing.session import Session
from blockstudio.runtime.importing.tree import Tree


def from_module(module: nn.Module, inputs: Any = None, *, name: str | None = None) -> Document:
    session = Session(Tree(module))
    with session.opened():
        root = session.block(module, default_signature(module), root=True)
    kind = type(module).__name__
    assembler = Assembler(session, root, class_name(name or kind, ()))
    document = assembler.assemble()
    document.extra["notes"] = [str(n) for n in assembler.notes()]
    return document
