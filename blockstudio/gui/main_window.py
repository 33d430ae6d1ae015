"""The window: canvas in the middle, panes round it, and the actions that join them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QToolBar, QVBoxLayout, QWidget

from blockstudio.graph.model import CodeDefinition
from blockstudio.gui import block_files, menus
from blockstudio.gui.actions import ACTIONS, make_actions
from blockstudio.gui.arrangement import Arrangement
from blockstudio.gui.breadcrumbs import Breadcrumbs
from blockstudio.gui.canvas.view import Canvas
from blockstudio.gui.command_palette import open_palette
from blockstudio.gui.conditions import conditions
from blockstudio.gui.engine_watch import EngineWatch
from blockstudio.gui.finder import open_finder
from blockstudio.gui.going import Going
from blockstudio.gui.i18n import tr
from blockstudio.gui.importing import ModelImport
from blockstudio.gui.journal import Journal
from blockstudio.gui.late_panels import LatePanels
from blockstudio.gui.notifications import MessageArea
from blockstudio.gui.panels.inspector import InspectorPanel
from blockstudio.gui.panels.palette import PalettePanel
from blockstudio.gui.panels.problems import ProblemsPanel
from blockstudio.gui.project_files import ProjectFiles
from blockstudio.gui.search_popup import SearchPopup
from blockstudio.gui.session import Message, Session
from blockstudio.gui.settings import LANGUAGE
from blockstudio.gui.split_view import SplitView
from blockstudio.gui.status_bar import StatusBar
from blockstudio.gui.welcome import Welcome

if TYPE_CHECKING:
    from blockstudio.gui.kernel import Kernel

TRUST = "trust"
"""Key of the message about code that does not run yet."""
LEAST_CANVAS = 280
"""Height that the canvas keeps in a small window, less on a small screen; the panes below make do with the rest."""


class MainWindow(QMainWindow):
    """One open project."""

    painted = Signal()
    """The window is on the screen for the first time."""
    language_chosen = Signal()
    """There is another language in the settings: a window made anew shows it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("window")
        self.setAcceptDrops(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.files = ProjectFiles(session, self)
        self.importing = ModelImport(session, self, self.files.guard, lambda: self.engine)
        self.journal = session.findChild(Journal) or Journal(session)
        self.messages = MessageArea()
        self.split = SplitView(session)
        self.breadcrumbs = Breadcrumbs(session)
        self.late = LatePanels(self)
        self.engine: EngineWatch | None = None
        self._language_due = False
        self._build_center()
        self.arrangement = Arrangement(self, session.settings)
        self.panes = self.arrangement.panes
        self._build_panels()
        self.going = Going(self)
        self.actions_by_id: dict[str, QAction] = make_actions(self)
        for spec in ACTIONS:
            (self.canvas if spec.canvas else self).addAction(self.actions_by_id[spec.id])
        self.example_menu: QMenu
        self.device_menu: QMenu
        self.choices: dict[tuple[str, str], QAction]
        """One of several, such as the languages, by the names of the menu and of the choice."""
        self.menus = menus.fill_menu_bar(self)
        self.toolbar = QToolBar(tr("Tools"), self)
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        self.addToolBar(self.toolbar)
        menus.fill_toolbar(self, self.toolbar)
        self.status = StatusBar(session, self)
        self.setStatusBar(self.status)
        self.search_popup = SearchPopup(self)
        self._connect()
        self.arrangement.restore()
        self._show_title()
        self._show_enabled()
        self.canvas.setFocus()  # not the first button there is: what is promised of keys holds from the start

    @property
    def canvas(self) -> Canvas:
        """The canvas that is worked in."""
        return self.split.active

    # --- building -----------------------------------------------------------------------------

    def _build_center(self) -> None:
        center = QWidget()
        layout = QVBoxLayout(center)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.breadcrumbs)
        layout.addWidget(self.messages)
        layout.addWidget(self.split, 1)
        center.setMinimumHeight(min(LEAST_CANVAS, self.screen().availableGeometry().height() * 2 // 5))
        self.setCentralWidget(center)
        self.welcome = Welcome(
            self.session,
            self.canvas,
            search=lambda: self.actions_by_id["add_node"].trigger(),
            open_file=lambda: self.actions_by_id["open"].trigger(),
            examples=self._pop_up_examples,
            example=self.files.open_example,
        )
        self.canvas.viewport().installEventFilter(self.welcome)

    def _build_panels(self) -> None:
        self.palette_panel = PalettePanel(self.session)
        self.inspector_panel = InspectorPanel(self.session)
        self.problems_panel = ProblemsPanel(self.session)
        self.panes["palette"].set_content(self.palette_panel)
        self.panes["inspector"].set_content(self.inspector_panel)
        self.panes["problems"].set_content(self.problems_panel)
        # The first thing painted tells that the window is on the screen.
        self.canvas.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._first_painted)
        return super().eventFilter(watched, event)

    def _first_painted(self) -> None:
        self.arrangement.resize()
        QTimer.singleShot(0, self.canvas, self.canvas.fit)
        self.painted.emit()
        self.palette_panel.fill()
        self.late.build_in_turn()

    def _connect(self) -> None:
        session = self.session
        session.message.connect(self._show_message)
        session.modified_changed.connect(self.setWindowModified)
        session.path_changed.connect(self._show_title)
        session.document_replaced.connect(self._document_replaced)
        session.document_changed.connect(self._show_title)
        session.document_changed.connect(self._show_enabled)
        session.location_changed.connect(self._show_enabled)
        session.selection_changed.connect(self._show_enabled)
        session.trust_changed.connect(self._show_trust)
        session.document_changed.connect(self._show_trust)
        session.table_changed.connect(self._show_enabled)
        session.code_requested.connect(self._show_code)
        session.uses_requested.connect(self._show_uses)
        session.undo_stack.indexChanged.connect(self._show_enabled)
        session.undo_stack.undoTextChanged.connect(self._show_enabled)
        session.undo_stack.redoTextChanged.connect(self._show_enabled)
        self.palette_panel.chosen.connect(self._add_entry)
        self.files.parameters_wanted.connect(self.save_parameters)
        self.files.tensors_dropped.connect(self._open_tensor_file)
        self.files.model_chosen.connect(self.importing.open)
        session.import_requested.connect(self.importing.open_text)
        self.status.problems_clicked.connect(self.panes["problems"].bring_up)
        self.status.parameters_clicked.connect(self.panes["parameters"].bring_up)
        self.status.mode.clicked.connect(lambda: self.actions_by_id["training"].trigger())
        self.status_device_menu = QMenu(self)
        self.status.set_device_menu(self.status_device_menu)
        self.status.set_engine_menu(menus.some_actions(self, "stop", "restart"))
        self.status.set_zoom_menu(menus.some_actions(self, "zoom_in", "zoom_out", "zoom_reset", "fit", "fit_selection"))
        self.split.zoomed.connect(self.status.show_zoom)
        session.engine_changed.connect(self._engine_state)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_changed)
        self._engine_state(session.engine_state)

    # --- showing the state ----------------------------------------------------------------------

    def _show_title(self) -> None:
        name = self.session.name.replace("[*]", "[*][*]")  # one stands for whether there are changes
        self.setWindowTitle(f"{name}[*] – BlockStudio")
        self.setWindowFilePath(str(self.session.path) if self.session.path else "")
        self.setWindowModified(self.session.modified)

    def _show_enabled(self) -> None:
        session = self.session
        stack = session.undo_stack
        holds = conditions(session)
        for spec in ACTIONS:
            self.actions_by_id[spec.id].setEnabled(holds[spec.enabled])
        for name, text, what in (
            ("undo", tr("Undo"), stack.undoText()),
            ("redo", tr("Redo"), stack.redoText()),
        ):
            self.actions_by_id[name].setText(f"{text} {what}".strip())
        self.actions_by_id["training"].setChecked(session.table is None or session.table.training)
        self.actions_by_id["flow_down"].setChecked(session.graph.down)

    def _focus_changed(self, before: QWidget | None, now: QWidget | None) -> None:
        self.arrangement.show_focus(self.split.panes(), now)

    def _document_replaced(self) -> None:
        self.messages.clear()
        self._show_title()
        self._show_enabled()
        self._show_trust()
        self.canvas.setFocus()  # "Press Tab", says the card
        QTimer.singleShot(0, self.canvas, self.canvas.fit)

    def _show_message(self, message: Message) -> None:
        self.messages.show_message(message)

    def _show_trust(self) -> None:
        if self.session.trusted:
            self.messages.dismiss(TRUST)
            return
        if any(bar.message.key == TRUST for bar in self.messages.bars()):
            return
        names = ", ".join(self.session.document.code())
        self.session.notify(
            tr("This project contains Python code: {names}. It is not run until you agree.").format(names=names),
            "warning",
            actions=((tr("Read the code"), self._read_code), (tr("Run the code"), self.session.trust)),
            key=TRUST,
        )

    def _read_code(self) -> None:
        for name, definition in self.session.document.definitions.items():
            if isinstance(definition, CodeDefinition):
                self.session.code_requested.emit(name)
                break
        self._show_trust()

    def _show_code(self, name: str) -> None:
        self.panes["code"].bring_up()
        self.late.code.open(name)

    def _show_uses(self, name: str) -> None:
        self.canvas.composing.show_instances(name)

    def _engine_state(self, state: str) -> None:
        self.status.set_state(state)
        self._show_enabled()
        self._speak()

    def use_kernel(self, kernel: Kernel) -> None:
        """Work with this engine from now on."""
        self.watch(kernel)
        self.session.attach(kernel)

    def watch(self, kernel: Kernel) -> None:
        """Tell the user of this engine, which the session works with."""
        self.engine = EngineWatch(self.session, kernel, self)

    # --- what the actions do ----------------------------------------------------------------------

    def _add_entry(self, payload: str) -> None:
        with self.session.guard():
            self.canvas.add_entry(payload)

    def duplicate_copy(self) -> None:
        self.canvas.duplicate("copy")

    def duplicate_instance(self) -> None:
        self.canvas.duplicate("instance")

    def duplicate_shared(self) -> None:
        self.canvas.duplicate("shared")

    def run_model(self) -> None:
        self.panes["run"].bring_up()
        self.late.run.run()

    def stop(self) -> None:
        if self.engine is not None:
            self.engine.stop()

    def restart_engine(self) -> None:
        if self.engine is not None:
            self.engine.restart()

    def rebuild(self) -> None:
        if self.engine is not None:
            self.engine.rebuild()

    def switch_mode(self) -> None:
        if self.engine is not None:
            self.engine.switch_mode()

    def save_parameters(self) -> None:
        self.late.files.save_parameters()

    def load_parameters(self) -> None:
        self.late.files.load_parameters()

    def _open_tensor_file(self, file: str) -> None:
        self.late.files.open_tensors(file)

    def open_tensors(self) -> None:
        self.late.files.open_tensors()

    def add_blocks(self) -> None:
        block_files.add_from_project(self.session, self)

    def save_block(self) -> None:
        block_files.save_to_library(self.session, self)

    def choose_library(self) -> None:
        block_files.choose_library(self.session, self)

    def find_node(self) -> None:
        open_finder(self)

    def show_commands(self) -> None:
        open_palette(self)

    def toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def next_pane(self) -> None:
        self.arrangement.move_focus([*self.split.canvases(), *self.messages.bars()[:1]], 1)

    def previous_pane(self) -> None:
        self.arrangement.move_focus([*self.split.canvases(), *self.messages.bars()[:1]], -1)

    def reset_panes(self) -> None:
        self.arrangement.reset()

    def show_shortcuts(self) -> None:
        from blockstudio.gui.help_pages import ShortcutsDialog

        ShortcutsDialog(self).show()

    def show_about(self) -> None:
        from blockstudio.gui.help_pages import AboutDialog

        AboutDialog(self.session, self).show()

    def choose_language(self, name: str) -> None:
        """Speak a language from now on; not while the model is at work, for its answer goes to this window."""
        self.session.settings.set(LANGUAGE, name)
        self._language_due = True
        if self.session.engine_state == "busy":
            self.session.notify(tr("The language changes when the model has done its work."), "info", key="language")
        QTimer.singleShot(0, self, self._speak)  # the menu is still open

    def _speak(self) -> None:
        if self._language_due and self.session.engine_state != "busy":
            self._language_due = False
            self.language_chosen.emit()

    def _pop_up_examples(self) -> None:
        menus.fill_examples(self, self.example_menu)
        self.example_menu.popup(self.welcome.mapToGlobal(self.welcome.rect().bottomLeft()))

    # --- events -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_trust()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.late.complete and event.oldSize().height() not in (-1, event.size().height()):
            self.arrangement.follow(event.oldSize().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        go = {Qt.MouseButton.BackButton: "back", Qt.MouseButton.ForwardButton: "forward"}.get(event.button())
        if go:
            self.actions_by_id[go].trigger()
        else:
            super().mousePressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.files.guard():
            event.ignore()
            return
        self.arrangement.keep()
        self.journal.clear()
        self.importing.close()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            # After the drop: the guard may ask, and the other program should not wait for it.
            QTimer.singleShot(0, self, lambda: self.files.open_path(Path(files[0])))
