"""What to import: where the model is, what it is made with, and whether its Python may run."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from blockstudio.engine.protocol import ImportModel
from blockstudio.errors import BlockStudioError, CodeError, mark
from blockstudio.formats.targets import PROGRAM, PYTHON, Offer, obvious, offers, parse_arguments, parse_inputs
from blockstudio.gui import trust
from blockstudio.gui.file_dialogs import remember_folder, start_folder
from blockstudio.gui.i18n import message, tr
from blockstudio.gui.panels.parts import muted_label, state_label, tell, tool_button
from blockstudio.gui.session import Session
from blockstudio.gui.settings import LAST_FOLDER
from blockstudio.gui.theme import fixed_font

WARNING = mark(
    "Importing runs the Python of the model, with all of your rights, in the engine's process. "
    "Import only what you trust."
)
LARGEST = 2_000_000
"""Characters of a file of Python that is looked into."""


_NOTHING: tuple[str, tuple[Offer, ...]] = ("", ())


class ImportDialog(QDialog):
    """Stays open while the engine imports, so that what was typed is there to be mended."""

    wanted = Signal(object)
    """`ImportModel`"""
    stopped = Signal(bool)
    """The import is to end; True where it was told so before and goes on all the same."""
    cancelled = Signal()
    """The dialog was closed while an import was under way: it is to end, and what comes of it is not wanted."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("import")
        self.setWindowTitle(tr("Import a model"))
        self.setMinimumWidth(560)
        self._session = session
        self._source, self._offers = _NOTHING
        """Of a file of Python, and the models in it."""
        self.busy = self.stop_asked = False
        self._build()
        self._lay_out()
        self.target.textChanged.connect(self._target_changed)
        self.model.currentTextChanged.connect(self._model_changed)
        for field in (self.arguments, self.inputs):
            field.textChanged.connect(self._check)
        self.trusted.toggled.connect(self._check)
        self._target_changed()

    def _build(self) -> None:
        self.target = QLineEdit()
        self.target.setPlaceholderText(_such_as("torchvision.models:resnet50"))
        self.target.setToolTip(tr("A file of Python (.py), a program of torch.export (.pt2), or MODULE:CALLABLE"))
        self.browse = tool_button("mdi6.folder-open-outline", tr("Choose a file"), self._browse)
        self.model = QComboBox()
        self.model.setEditable(True)
        self.model.setToolTip(tr("The class, function or variable that is, or makes, the model"))
        self.arguments = QLineEdit()
        self.arguments.setFont(fixed_font())
        self.arguments.setPlaceholderText(_such_as("num_classes=10, layers=[2, 2]"))
        self.arguments.setToolTip(tr("Arguments of the class or function, by name, or as JSON"))
        self.signature = muted_label()
        self.inputs = QLineEdit()
        self.inputs.setFont(fixed_font())
        self.inputs.setPlaceholderText(_such_as("1, 3, 224, 224; 2, 16: int64"))
        self.inputs.setToolTip(
            tr("Shapes of the inputs, parted by semicolons. With them the model is run once, and more can be drawn.")
        )
        self.trusted = QCheckBox(tr("I trust this code: run it"))
        self.trusted.setToolTip(tr(WARNING))
        self.problem = state_label()
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setFont(fixed_font())
        self.details.setAccessibleName(tr("Details"))
        self.details.setMinimumHeight(140)
        self.details.hide()
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.stop = QPushButton(tr("Stop"))
        self.stop.setToolTip(tr("Interrupt the import"))
        self.stop.clicked.connect(self._stop)
        self.stop.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.accept_button = self.buttons.addButton(tr("Import"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.accept_button.setToolTip(tr("Run the code, and open what comes of it as a new project"))
        self.buttons.addButton(self.stop, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.accepted.connect(self._import)
        self.buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        where = QHBoxLayout()
        where.addWidget(self.target, 1)
        where.addWidget(self.browse)
        self._form = form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Model in"), where)
        form.addRow(tr("Name"), self.model)
        form.addRow(tr("Arguments"), self.arguments)
        form.addRow("", self.signature)
        form.addRow(tr("Input shapes"), self.inputs)
        for field, name in (
            (self.target, tr("Model in")),
            (self.model, tr("Name")),
            (self.arguments, tr("Arguments")),
            (self.inputs, tr("Input shapes")),
        ):
            field.setAccessibleName(name)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(muted_label(tr(WARNING)))
        layout.addWidget(self.trusted)
        layout.addWidget(self.problem)
        layout.addWidget(self.details, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.buttons)

    # --- what is asked for ------------------------------------------------------------------------

    def suggest(self, target: str) -> None:
        """Fill in where the model is, unless an import is under way."""
        if not self.busy:
            self.target.setText(target)
            remember_folder(self._session, Path(target))

    def show_file(self, target: str) -> None:
        """The same for a file that is not the user's; what is in it is read again."""
        if not self.busy:
            self.target.clear()
            self.target.setText(target)

    @property
    def _suffix(self) -> str:
        return Path(self.target.text().strip()).suffix.lower()

    def request(self) -> ImportModel:
        """What the fields say; CodeError where they say nothing sensible."""
        place, name = self.target.text().strip(), self.model.currentText().strip()
        parse_arguments(self.arguments.text())
        parse_inputs(self.inputs.text())
        is_program = self._suffix == PROGRAM
        if self._suffix == PYTHON and self._offers and not name:
            raise CodeError(mark("The file has several models: choose one."))
        if self._suffix == PYTHON and name:
            place = f"{place}:{name}"
        if self._suffix not in (PROGRAM, PYTHON) and not place.rpartition(":")[0]:
            raise CodeError(mark("Choose a file, or write MODULE:CALLABLE, as in torchvision.models:resnet50."))
        project = self._session.path
        folder = str(project.parent) if project else str(self._session.settings.get(LAST_FOLDER))
        if is_program:
            return ImportModel(place)
        return ImportModel(place, self.arguments.text(), self.inputs.text(), folder)

    def _browse(self) -> None:
        kinds = ";;".join(
            (
                tr("Models ({patterns})").format(patterns=f"*{PYTHON} *{PROGRAM}"),
                tr("All files ({patterns})").format(patterns="*"),
            )
        )
        name, _ = QFileDialog.getOpenFileName(self, tr("Import a model"), start_folder(self._session), kinds)
        if name:
            self.suggest(name)

    def _target_changed(self) -> None:
        is_file, is_program = self._suffix == PYTHON, self._suffix == PROGRAM
        self._source, self._offers = _read(Path(self.target.text().strip())) if is_file else _NOTHING
        known = bool(self._source) and trust.is_trusted([self._source], self._session.settings)
        self.trusted.setChecked(known)
        self._form.setRowVisible(self.model, is_file)
        for field in (self.arguments, self.signature, self.inputs):
            self._form.setRowVisible(field, not is_program)
        self.model.clear()
        self.model.addItems([offer.name for offer in self._offers])
        chosen = obvious(self._offers)
        self.model.setCurrentText(chosen.name if chosen is not None else "")
        self._model_changed()

    def _model_changed(self) -> None:
        name = self.model.currentText()
        found = next((offer for offer in self._offers if offer.name == name), None)
        takes = found is not None and found.kind != "value"
        tell(self.signature, f"{name}({found.arguments})" if found is not None and takes else "")
        self._check()

    def _check(self) -> None:
        """Say what is wrong with what was typed; nothing while nothing was."""
        text = ""
        try:
            self.request()
        except BlockStudioError as error:
            text = message(error)
        good = not text
        if not self.target.text().strip():
            text = ""
        self._say(text)
        self.accept_button.setEnabled(good and self.trusted.isChecked() and not self.busy)

    def _import(self) -> None:
        if self.busy or not self.accept_button.isEnabled():
            return
        if self._source:
            trust.trust([self._source], self._session.settings)
        self._say("")
        self.wanted.emit(self.request())

    # --- while it is under way ----------------------------------------------------------------------

    def set_busy(self, busy: bool) -> None:
        """An import is under way, or not any more."""
        self.busy, self.stop_asked = busy, False
        self.stop.setText(tr("Stop"))
        self.stop.setToolTip(tr("Interrupt the import"))
        self.progress.setVisible(busy)
        self.stop.setVisible(busy)
        fields = (self.target, self.browse, self.model, self.arguments, self.inputs, self.trusted)
        for field in fields:
            field.setEnabled(not busy)
        self.accept_button.setEnabled(not busy and self.trusted.isChecked())

    def fail(self, text: str, details: str = "") -> None:
        """Say why nothing came in; the fields stay as they are."""
        self._say(text, details)

    def _say(self, text: str, details: str = "") -> None:
        tell(self.problem, text)
        self.details.setPlainText(details)
        self.details.setVisible(bool(details))
        self.adjustSize()

    def _stop(self) -> None:
        self.stopped.emit(self.stop_asked)
        self.stop_asked = True
        self.stop.setText(tr("Restart the engine"))
        self.stop.setToolTip(tr("End the import by force; the open project stays as it is"))

    def reject(self) -> None:
        if self.busy:
            self.cancelled.emit()
        super().reject()


def _such_as(example: str) -> str:
    return tr("such as {example}").format(example=example)


def _read(path: Path) -> tuple[str, tuple[Offer, ...]]:
    """A file of Python and the models in it, which is not run; nothing where the engine will say what is wrong."""
    try:
        if path.is_file() and path.stat().st_size <= LARGEST:
            source = path.read_text("utf-8")
            return source, offers(source)
    except (OSError, UnicodeDecodeError, CodeError):
        return _NOTHING
    return _NOTHING
