"""Opens the window: makes the application, shows the window, and starts the engine beside it."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QTimer
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from blockstudio import resources
from blockstudio.collecting import collect_if_due
from blockstudio.errors import BlockStudioError
from blockstudio.gui import i18n, theme
from blockstudio.gui.i18n import tr
from blockstudio.gui.icons import icon
from blockstudio.gui.main_window import MainWindow
from blockstudio.gui.session import Session
from blockstudio.gui.settings import COLOR_SCHEME, LANGUAGE, MORE_CONTRAST, Settings

if TYPE_CHECKING:
    from blockstudio.gui.kernel import Kernel

COLLECT = 2000
"""Milliseconds between collections of cyclic garbage."""


def run(file: Path | None = None, arguments: Sequence[str] = ()) -> int:
    """Open the window on a project, or on an empty one, and stay until it is closed; the exit status."""
    # A thread that compiles gives way to the window sooner than by default.
    sys.setswitchinterval(0.001)
    application = make_application(arguments)
    collector = collect_here()
    session = Session()
    session.liveness.hold()
    window = Front(session).window
    catch_errors(session)
    if file is not None:
        window.files.open_path(file)
    window.show()
    engines: list[Kernel] = []

    def begin() -> None:
        from blockstudio.gui.kernel import Kernel

        kernel = Kernel()
        engines.append(kernel)
        window.use_kernel(kernel)
        kernel.start()
        window.files.offer_recovery()

    # The window first: the compiler and the engine take their time, and have it.
    window.painted.connect(lambda: let_threads_work(session))  # before the engine, which imports in a thread
    window.painted.connect(begin)
    status = application.exec()
    for kernel in engines:
        kernel.shutdown()
    session.close()
    collector.stop()
    sys.excepthook = sys.__excepthook__
    return status


def let_threads_work(session: Session) -> None:
    """Begin what is done in threads, such as compiling.

    PySide makes a class of Qt when it is first asked for, and the process crashes where another thread imports
    meanwhile. pyqtgraph, which the panels need in any case, asks for all of them.
    """
    import pyqtgraph  # noqa: F401

    session.liveness.release()


def make_application(arguments: Sequence[str] = ()) -> QApplication:
    """The QApplication in the look and the language of the settings."""
    QCoreApplication.setOrganizationName("BlockStudio")
    QCoreApplication.setApplicationName("BlockStudio")
    QGuiApplication.setDesktopFileName("blockstudio")
    application = QApplication.instance() or QApplication(["blockstudio", *arguments])
    assert isinstance(application, QApplication)
    settings = Settings()
    use_language(application, settings)
    application.setStyle("Fusion")
    theme.set_scheme(application, settings.get(COLOR_SCHEME), contrast=settings.get(MORE_CONTRAST))
    theme.follow_system(application)
    application.setWindowIcon(app_icon())
    return application


def use_language(application: QApplication, settings: Settings) -> None:
    """Take up the language of the settings, for whatever is worded from now on."""
    i18n.set_language(settings.get(LANGUAGE))
    i18n.install_qt_texts(application)


class Front(QObject):
    """The window of a session; made anew when another language is chosen, with all that the session has."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.window = self._made()
        session.settings.changed.connect(self._setting_changed)

    def _setting_changed(self, key: str) -> None:
        application = QApplication.instance()
        if key == MORE_CONTRAST.key and isinstance(application, QApplication):
            theme.set_contrast(application, self._session.settings.get(MORE_CONTRAST))

    def _made(self) -> MainWindow:
        window = MainWindow(self._session)
        window.language_chosen.connect(self.renew)
        return window

    def renew(self) -> None:
        """Put a new window in the place of the one there is: texts are read when widgets are made."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        old = self.window
        old.files.about_to_save.emit()  # what is typed and not taken yet would go with the window
        old.arrangement.keep()
        use_language(application, self._session.settings)
        self.window = self._made()
        if old.engine is not None:
            self.window.watch(old.engine.kernel)
        self.window.show()
        old.hide()
        old.deleteLater()


def app_icon() -> QIcon:
    """The icon of the program."""
    file = resources.path("icons", "blockstudio.svg")
    found = QIcon(str(file)) if file.is_file() else QIcon()
    return found if not found.isNull() else icon("mdi6.cube-outline", "accent")


def collect_here() -> QTimer:
    """Collect cyclic garbage in this thread only, by a timer.

    Python collects in whichever thread happens to allocate; a widget that dies in another than the one of
    the window takes the process with it.
    """
    gc.disable()
    timer = QTimer()
    timer.setInterval(COLLECT)
    timer.timeout.connect(collect_if_due)
    timer.start()
    return timer


def catch_errors(session: Session) -> None:
    """Show what nobody caught as a message, with the traceback to copy; the window goes on."""

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, BlockStudioError):
            session.report(error)
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        if sys.stderr is not None:  # as under Windows' pythonw
            sys.stderr.write(details)
        if isinstance(error, Exception):
            session.notify(
                tr("Something went wrong inside BlockStudio: {error}").format(error=f"{kind.__name__}: {error}"),
                "error",
                details,
                key=f"crash {kind.__name__}",
            )

    sys.excepthook = show
