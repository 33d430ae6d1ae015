"""The dialog that asks what to export."""

from __future__ import annotations

from attrs import frozen
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from blockstudio.errors import mark
from blockstudio.gui.canvas.scene.export import Background, Look
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.panels.parts import muted_label
from blockstudio.gui.session import Session
from blockstudio.gui.settings import LAST_EXPORT


@frozen
class Format:
    """Something that a project can be written as."""

    suffix: str
    title: str
    about: str
    icon: str

    @property
    def is_picture(self) -> bool:
        return self.suffix in (".svg", ".png")


_LIVE = mark("The values are those the model has now; it evaluates: dropout is off.")

FORMATS = (
    Format(
        ".py",
        mark("Python source"),
        mark("The classes that the model runs as here. They need nothing but torch."),
        "mdi6.language-python",
    ),
    Format(
        ".onnx",
        mark("ONNX"),
        mark("What the model does, for ONNX Runtime and many others, with a batch of any size where that is possible."),
        "mdi6.graph-outline",
    ),
    Format(
        ".pt2",
        mark("torch.export program"),
        mark("What the model does, for torch.export.load: no source is needed there."),
        "mdi6.fire",
    ),
    Format(
        ".params",
        mark("Parameters"),
        mark("The state dict as torch.save writes it. torch.load reads it with weights_only=True."),
        "mdi6.tune-variant",
    ),
    Format(
        ".safetensors",
        mark("Parameters as safetensors"),
        mark("The state dict in a file that holds tensors and nothing else."),
        "mdi6.shield-check-outline",
    ),
    Format(
        ".svg",
        mark("Picture: SVG"),
        mark("The block that is shown, as lines and text that stay sharp at any size."),
        "mdi6.vector-curve",
    ),
    Format(".png", mark("Picture: PNG"), mark("The block that is shown, in pixels."), "mdi6.image-outline"),
)

BACKGROUNDS: tuple[tuple[Background, str], ...] = (
    ("white", mark("White")),
    ("transparent", mark("Transparent")),
    ("canvas", mark("As on the canvas")),
)
SCALES = (1, 2, 3, 4)
ROW = 32


class ExportDialog(QDialog):
    """A format, and for pictures how they are to look."""

    chosen = Signal(object, object)
    """Format and Look."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Export"))
        self._session = session
        self.formats = QListWidget()
        self.formats.setAccessibleName(tr("Formats"))
        self.formats.setIconSize(QSize(20, 20))
        for format in FORMATS:
            item = QListWidgetItem(icon(format.icon), f"{tr(format.title)}  ({format.suffix})")
            item.setSizeHint(QSize(0, ROW))
            self.formats.addItem(item)
        metrics = self.formats.fontMetrics()
        widest = max(metrics.horizontalAdvance(self.formats.item(row).text()) for row in range(len(FORMATS)))
        self.formats.setFixedWidth(widest + 60)
        self.formats.setMinimumHeight(ROW * len(FORMATS) + 6)
        self.title = QLabel()
        self.title.setProperty("heading", True)
        self.about = muted_label()
        self.background = QComboBox()
        for name, text in BACKGROUNDS:
            self.background.addItem(tr(text), name)
        self.scale = QComboBox()
        for scale in SCALES:
            self.scale.addItem(f"{scale}×", float(scale))
        self.scale.setCurrentIndex(1)
        self.scale.setToolTip(tr("Pixels for each point of the canvas: print needs 3 or more"))
        self.picture = QWidget()
        form = QFormLayout(self.picture)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(tr("Background"), self.background)
        self._scale_label = QLabel(tr("Sharpness"))
        form.addRow(self._scale_label, self.scale)
        right = QVBoxLayout()
        right.addWidget(self.title)
        right.addWidget(self.about)
        right.addWidget(self.picture)
        right.addStretch(1)
        body = QHBoxLayout()
        body.addWidget(self.formats)
        body.addSpacing(8)
        body.addLayout(right, 1)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export_button = self.buttons.addButton(tr("Export…"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.export_button.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(body)
        layout.addWidget(self.buttons)
        self.resize(640, 330)
        self.formats.currentRowChanged.connect(self._show)
        self.formats.itemActivated.connect(self.accept)
        self.choose(session.settings.get(LAST_EXPORT))

    def choose(self, suffix: str) -> None:
        """Select the format of a suffix."""
        suffixes = [format.suffix for format in FORMATS]
        self.formats.setCurrentRow(suffixes.index(suffix) if suffix in suffixes else 0)

    @property
    def format(self) -> Format:
        return FORMATS[self.formats.currentRow()]

    def accept(self) -> None:
        format, look = self.format, Look(self.background.currentData(), self.scale.currentData())
        super().accept()
        self.chosen.emit(format, look)

    def _show(self) -> None:
        format = self.format
        self.title.setText(tr(format.title))
        paragraphs = [tr(format.about)]
        if format.is_picture:
            block = self._session.location.path()
            paragraphs.append(tr("Shown is “{block}”.").format(block=block))
        elif format.suffix != ".py":
            paragraphs.append(tr(_LIVE) if format.suffix in (".onnx", ".pt2") else tr("The values the model has now."))
        self.about.setText("\n\n".join(paragraphs))
        self.picture.setVisible(format.is_picture)
        for widget in (self._scale_label, self.scale):
            widget.setVisible(format.suffix == ".png")
