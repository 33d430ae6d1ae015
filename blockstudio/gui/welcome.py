"""What an empty project shows in the middle of the canvas: where to start."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QDragEnterEvent, QKeySequence
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from blockstudio import resources
from blockstudio.errors import mark
from blockstudio.gui.canvas.view import Canvas
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.session import Session

SHOWN = (
    ("01-layers", mark("Three layers")),
    ("architectures/01-lenet", "LeNet"),
    ("architectures/07-resnet18", "ResNet-18"),
    ("architectures/16-unet", "U-Net"),
    ("architectures/15-gpt", "GPT"),
)
"""Examples that are one click away, by their files."""
HINT = 44
"""Pixels at the bottom of the canvas that its own hint takes."""
TALL = 420
"""Height of a canvas that has room for all of the card below the input and the output."""
WIDEST = 430


class Welcome(QFrame):
    """A card that stays in the middle of its parent while the root block is empty."""

    def __init__(
        self,
        session: Session,
        canvas: Canvas,
        *,
        search: Callable[[], Any],
        open_file: Callable[[], Any],
        examples: Callable[[], Any],
        example: Callable[[Path], Any],
    ) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self.setObjectName("welcome")
        self.setAcceptDrops(True)
        self._title = QLabel(tr("Compose a model"))
        self._title.setProperty("title", True)
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text = _muted("")
        layout = self._card = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        self._buttons = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        layout.addLayout(self._buttons)
        add, find = tr("Add the first layer"), tr("Search layers, functions and blocks")
        open_one, what = tr("Open a project…"), tr("Open a project, or a file of tensors")
        self._worded: list[tuple[QPushButton, tuple[str, ...]]] = []
        for glyph, labels, tip, act in (
            ("mdi6.magnify", (f"{add}   {_native('Tab')}", add, tr("Add a layer")), find, search),
            ("mdi6.folder-open-outline", (f"{open_one}   {_native('Ctrl+O')}", open_one, tr("Open…")), what, open_file),
        ):
            button = QPushButton(icon(glyph, "on_accent" if act is search else "text"), labels[0])
            self._worded.append((button, labels))
            button.setToolTip(tip)
            button.setProperty("primary", act is search)
            button.clicked.connect(lambda _=False, act=act: act())
            self._buttons.addWidget(button)
        self._or = _muted(tr("Or begin with an example:"))
        layout.addWidget(self._or)
        row = self._examples = QHBoxLayout()
        row.setSpacing(10)
        row.addStretch(1)
        self._links = []
        for file, name in SHOWN:
            self._links.append(self._link(tr(name), partial(example, resources.path("examples", f"{file}.blocks"))))
            row.addWidget(self._links[-1])
        self._all = self._link(tr("All…"), examples)
        row.addWidget(self._all)
        row.addStretch(1)
        layout.addLayout(row)
        canvas.installEventFilter(self)
        session.document_changed.connect(self.update_shown)
        session.document_replaced.connect(self.update_shown)
        session.location_changed.connect(self._location_changed)
        self.update_shown()

    def _link(self, text: str, act: Callable[[], Any]) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("link", True)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.setToolTip(tr("Projects made to be looked at"))
        button.clicked.connect(lambda: act())
        return button

    def _location_changed(self) -> None:
        self.update_shown()
        self._canvas.fit_again()

    def update_shown(self) -> None:
        document = self._session.document
        root = document.definitions.get(document.root)
        at_root = not self._session.location.steps and self._session.location.definition == document.root
        empty = root is not None and at_root and not self._session.graph.nodes and not self._session.graph.edges
        self.setVisible(empty)
        self._canvas.covered = 0
        if empty:
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.update_shown()
        elif event.type() == QEvent.Type.DragEnter:
            self.hide()  # before the pointer reaches it: a drop right at its edge would be lost
        elif event.type() == QEvent.Type.DragLeave:
            self.update_shown()
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # What is dragged is meant for the canvas: the card gets out of the way.
        event.ignore()
        self.hide()

    def _place(self) -> None:
        """Below the input and the output, which the canvas shows above it; smaller where there is little room."""
        width, height = self._canvas.width(), self._canvas.height()
        tall = height >= TALL
        for part in (self._title, self._or):
            part.setVisible(tall)
        self._buttons.setDirection(QBoxLayout.Direction.TopToBottom if tall else QBoxLayout.Direction.LeftToRight)
        self._buttons.setContentsMargins(0, 6 if tall else 0, 0, 4 if tall else 0)
        self._card.setContentsMargins(*((28, 22, 28, 22) if tall else (14, 10, 14, 10)))
        self._text.setText(self._invitation())
        self.setFixedWidth(min(WIDEST, max(240, width - 40)))
        margins = self._card.contentsMargins()
        self._shorten(self.width() - margins.left() - margins.right())
        self.adjustSize()
        top = max(0, min(height * 6 // 10 - self.height() // 3, height - self.height() - HINT))
        self.move((width - self.width()) // 2, top)
        self._canvas.covered = height - top

    def _shorten(self, room: int) -> None:
        """Fewer words on the buttons, and fewer examples, where all of them would be cut off."""
        down = self._buttons.direction() == QBoxLayout.Direction.TopToBottom
        for length in range(3):
            for button, labels in self._worded:
                button.setText(labels[length])
            widths = [button.sizeHint().width() for button, _ in self._worded]
            # Side by side they are of one width.
            if max(widths) * (1 if down else len(widths)) + self._buttons.spacing() <= room:
                break
        left = room - self._all.sizeHint().width()
        for link in self._links:
            left -= link.sizeHint().width() + self._examples.spacing()
            link.setVisible(left >= 0)

    def _invitation(self) -> str:
        graph = self._session.graph
        if not graph.inputs or not graph.outputs:
            return tr("Put layers here and wire them. Inputs and outputs are in the palette.")
        text = tr("Put layers between {input} and {output}, and wire them.")
        return text.format(input=graph.inputs[0].name, output=graph.outputs[0].name)


def _muted(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("muted", True)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    return label


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
