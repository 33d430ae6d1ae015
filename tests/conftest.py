"""What every test gets: one thread of torch, an offscreen window, settings of its own, and no leaks."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, settings
from pytestqt.qtbot import QtBot

from blockstudio.collecting import collect_if_due
from blockstudio.gui import preflight
from tests.helpers.processes import runs

ROOT = Path(__file__).resolve().parent.parent

# Before Qt, torch and child processes: they read the environment once, when they start.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYTHONPATH"] = str(ROOT)  # the engine's kernel tests this checkout too
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["QT_SCALE_FACTOR"] = "1"
os.environ["LC_ALL"] = "C.UTF-8"

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("search", settings.get_profile("ci"), derandomize=False, max_examples=2000)
settings.load_profile("ci")

PATIENCE = 60
"""Seconds that something to come, or to end, gets on a busy machine. Only a test that fails waits so long."""


def pytest_configure() -> None:
    """Where no window can open, say what to install instead of failing a hundred tests."""
    gc.disable()  # see `collected_here`
    if problem := preflight.refuse(os.environ):
        pytest.exit(str(problem), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture(scope="session", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Settings, recent files, crash journals and Jupyter's files of the tests stay out of the user's home."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "IPYTHONDIR"):
        os.environ[name] = str(home / name)
    os.environ["JUPYTER_RUNTIME_DIR"] = str(home / "jupyter")


@pytest.fixture(scope="session", autouse=True)
def no_leaks_at_all(own_settings: None) -> Iterator[None]:
    """No thread and no child process outlives the session."""
    yield from _watch()


@pytest.fixture(scope="session", autouse=True)
def clipboard_left_empty() -> Iterator[None]:
    """Qt's offscreen platform crashes when the process ends with something on the clipboard."""
    yield
    gui = sys.modules.get("PySide6.QtGui")
    if gui is not None and gui.QGuiApplication.instance() is not None:
        gui.QGuiApplication.clipboard().clear()


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """No thread and no child process outlives the test that started it.

    Fixtures of a wider scope are made before this one: a kernel that a module shares is no leak of its first test.
    """
    yield from _watch()


class PatientBot(QtBot):
    """Waits for what comes late: a test is about what happens, not about how fast."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE * 1000) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE * 1000, **options: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **options)

    def waitActive(self, widget: Any, *, timeout: int = PATIENCE * 1000) -> Any:
        return super().waitActive(widget, timeout=timeout)

    def waitExposed(self, widget: Any, *, timeout: int = PATIENCE * 1000) -> Any:
        return super().waitExposed(widget, timeout=timeout)


@pytest.fixture(scope="session")
def qapp_cls() -> type:
    """The application, after all classes of Qt are made: see `blockstudio.gui.app.let_threads_work`."""
    import pyqtgraph  # noqa: F401 - asks for all of them
    from PySide6.QtWidgets import QApplication

    return QApplication


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    """Widgets are collected in the thread of the window, as in the app: another thread's collection would crash."""
    yield
    collect_if_due()


@pytest.fixture(autouse=True)
def one_thread_of_torch() -> None:
    """Two cores serve several workers; a test that imports torch computes on one of them."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


def _watch() -> Iterator[None]:
    threads = set(threading.enumerate())
    children = set(psutil.Process().children(recursive=True))
    yield
    end = time.monotonic() + PATIENCE
    while True:
        # Threads that Python did not start (Qt's, torch's) show up as dummies that never end.
        new_threads = [t for t in set(threading.enumerate()) - threads if not isinstance(t, threading._DummyThread)]
        new_children = [c for c in psutil.Process().children(recursive=True) if c not in children and runs(c)]
        if not new_threads and not new_children:
            return
        if time.monotonic() > end:
            break
        time.sleep(0.02)
    leaks = [f"thread {thread.name}" for thread in new_threads] + [str(child) for child in new_children]
    for child in new_children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
            child.wait(PATIENCE)
    pytest.fail(f"left running: {', '.join(leaks)}")
