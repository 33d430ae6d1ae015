"""The document, and what is known of it without running it: shapes and problems."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen


@frozen
class UpdateDocument:
    """A new version of the document: works out shapes, and forgets the built model if its code changed.

    Custom code runs only if `trusted`. Reply: `Shapes`.
    """

    project: dict[str, Any]
    """As the project file holds it."""
    revision: int
    trusted: bool = False
    shown: tuple[str, ...] = ()
    """Definitions shown on the canvas that the root may not reach: their shapes are worked out from
    their own example inputs."""
    folder: str = ""
    """Where the project file is: example inputs may name tensor files by their path from there."""
    opening: int = 0
    """Another number, another project: values, mode and gradients of the one before do not go on in it."""
    within: tuple[str, ...] = ()
    """The instances through which the graph on the canvas was entered, the outermost first: it is shown as they
    have it."""


@frozen
class TensorShape:
    """What flows on an edge: sizes and dtype; `text` when it is not one tensor, such as "int". Of a tensor, `text` are
    other sizes that it has in other uses of its block, or in the other mode."""

    shape: tuple[int, ...] | None
    dtype: str = ""
    text: str = ""
    device: str = ""
    python_type: str = ""
    """The type of what is no tensor, such as "int"; "" where not even that is known."""


@frozen
class PortShape:
    """The shape at one output of a node, or at a border input (node "")."""

    path: str
    """`Location.path(node)`, such as "MLP/hidden" or "FixedHiddenMLP/loop.body/halve"."""
    port: str
    value: TensorShape


@frozen
class Problem:
    """A diagnostic found by running: a shape mismatch, an exception in custom code, a missing device."""

    code: str
    severity: Literal["error", "warning", "info"]
    path: str
    template: str
    facts: dict[str, Any]
    detail: str = ""
    """A traceback or longer text, for "copy details"."""


@frozen
class Shapes:
    revision: int
    ports: tuple[PortShape, ...]
    problems: tuple[Problem, ...]
    milliseconds: float = 0.0
