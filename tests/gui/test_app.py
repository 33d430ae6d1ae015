"""The application: its look, what nobody caught, and a whole run of it in a process of its own."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from blockstudio.errors import EditError
from blockstudio.formats.project import save
from blockstudio.gui import app, theme
from blockstudio.gui.session import Message, Session, new_document

OPENS_AND_QUITS = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from blockstudio.gui import app, main_window

def quit_when_there(window):
    session = window.session
    print(session.name, "engine:", session.kernel is not None, "torch:", "torch" in sys.modules, flush=True)
    window.close()

class Window(main_window.MainWindow):
    def __init__(self, session):
        super().__init__(session)
        QTimer.singleShot(100, self, self.look)
    def look(self):
        if self.late.complete and self.session.engine_state == "idle":
            quit_when_there(self)
        else:
            QTimer.singleShot(100, self, self.look)

app.MainWindow = Window
sys.exit(app.run(Path(sys.argv[1])))
"""


@pytest.fixture
def hook() -> Iterator[None]:
    before = sys.excepthook
    yield
    sys.excepthook = before


def test_it_opens_starts_the_engine_and_ends_cleanly(tmp_path: Path) -> None:
    file = tmp_path / "net.blocks"
    save(new_document(), file)
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", OPENS_AND_QUITS, str(file)], capture_output=True, text=True, timeout=110, env=environ
    )
    assert done.stdout == "net.blocks engine: True torch: False\n", done.stderr
    assert done.returncode == 0
    noise = [line for line in done.stderr.splitlines() if "This plugin does not support" not in line]
    assert noise == []


def test_what_nobody_caught_is_told_with_its_traceback(
    session: Session, hook: None, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[Message] = []
    session.message.connect(told.append)
    app.catch_errors(session)
    try:
        raise KeyError("lost")
    except KeyError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert told[-1].level == "error" and "lost" in told[-1].text
    assert "test_what_nobody_caught" in told[-1].details and "Traceback" in capsys.readouterr().err


def test_an_error_of_the_users_is_told_without_one(session: Session, hook: None) -> None:
    told: list[Message] = []
    session.message.connect(told.append)
    app.catch_errors(session)
    error = EditError("“{name}” is taken.", name="x")
    sys.excepthook(EditError, error, None)
    assert told[-1].text == "“x” is taken." and told[-1].details == ""


def test_both_schemes_colour_every_widget(qapp: QApplication) -> None:
    for name, expected in (("dark", theme.DARK), ("light", theme.LIGHT)):
        theme.set_scheme(qapp, name)
        assert theme.theme() is expected
        assert qapp.palette().window().color().name() == expected.window
        assert expected.accent in qapp.styleSheet() and "$" not in qapp.styleSheet()


@pytest.mark.parametrize("chosen", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["text", "muted", "error", "warning", "success", "accent"])
def test_texts_can_be_read(chosen: theme.Theme, text: str) -> None:
    for ground in ("window", "base"):
        assert contrast(getattr(chosen, text), getattr(chosen, ground)) >= 4.5, ground


@pytest.mark.parametrize("chosen", [theme.LIGHT_CONTRAST, theme.DARK_CONTRAST], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["text", "muted", "error", "warning", "success", "accent"])
def test_with_more_contrast_texts_can_be_read_by_more_people(chosen: theme.Theme, text: str) -> None:
    for ground in ("window", "base", "raised", "hover", "selection"):
        least = 7.0 if ground in ("window", "base", "raised") else 4.5
        assert contrast(getattr(chosen, text), getattr(chosen, ground)) >= least, ground
    assert contrast(chosen.border, chosen.window) > 4.5  # every edge is seen
    assert contrast(chosen.on_accent, chosen.accent) >= 7.0
    assert all(contrast(hue, chosen.canvas) > 4.5 for hue in chosen.hues)


@pytest.fixture
def usual_contrast(qapp: QApplication) -> Iterator[None]:
    yield
    theme.set_scheme(qapp, "light", contrast=False)


def test_more_contrast_is_a_setting_and_follows_the_scheme(
    qapp: QApplication, session: Session, usual_contrast: None
) -> None:
    theme.set_scheme(qapp, "light")
    front = app.Front(session)
    front.window.actions_by_id["more_contrast"].trigger()
    assert theme.theme() is theme.LIGHT_CONTRAST
    theme.set_scheme(qapp, "dark")
    assert theme.theme() is theme.DARK_CONTRAST
    assert qapp.palette().window().color().name() == theme.DARK_CONTRAST.window
    front.window.actions_by_id["more_contrast"].trigger()
    assert theme.theme() is theme.DARK
    front.window.close()
    front.window.deleteLater()


def test_high_contrast_of_the_system_is_followed(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, usual_contrast: None
) -> None:
    theme.set_scheme(qapp, "light", contrast=False)
    assert theme.theme() is theme.LIGHT
    monkeypatch.setattr(theme, "system_contrast", lambda: True)
    theme.set_scheme(qapp, "light")
    assert theme.theme() is theme.LIGHT_CONTRAST
    theme.set_contrast(qapp, False)  # more than the system asks for is not asked for
    assert theme.theme() is theme.LIGHT_CONTRAST


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG."""
    lights = sorted((_luminance(one), _luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_garbage_is_collected_in_the_thread_of_the_window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "COLLECT", 5)
    collected: list[object] = []
    monkeypatch.setattr(gc, "collect", collected.append)
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, 99))
    timer = app.collect_here()
    try:
        assert not gc.isenabled()
        qtbot.waitUntil(lambda: collected == [2] or len(collected) > 0)
    finally:
        timer.stop()


def test_no_thread_works_before_every_class_of_qt_is_made() -> None:
    # One that imports while PySide makes a class crashes the process, now and then.
    script = """
import sys
from types import SimpleNamespace
from PySide6 import QtWidgets
from blockstudio.gui.app import let_threads_work
made = lambda: "QWizard" in vars(QtWidgets)  # which nothing here asks for
assert not made()
let_threads_work(SimpleNamespace(liveness=SimpleNamespace(release=lambda: print(made()))))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.stdout == "True\n", done.stderr
