"""Every reason not to open a window is one line that says what to do."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from blockstudio.errors import BlockStudioError
from blockstudio.gui import preflight

DESKTOP = {"DISPLAY": ":0"}
ABSENT = {"libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-keysyms.so.1"}


def one_line(problem: BlockStudioError | None) -> str:
    assert problem is not None
    assert "\n" not in str(problem)
    return str(problem)


def test_this_machine_can_open_an_offscreen_window() -> None:
    assert preflight.refuse({"QT_QPA_PLATFORM": "offscreen"}) is None


@pytest.mark.parametrize("pyside", ["6.12.0", "6.12", "6.13.1", "7.0.0"])
def test_new_pyside_on_old_python_is_refused(pyside: str) -> None:
    line = one_line(preflight.refuse_pair((3, 11), pyside))
    assert pyside in line and "3.11" in line and "PySide6-Essentials<6.12" in line


@pytest.mark.parametrize(
    ("python", "pyside"), [((3, 11), "6.11.3"), ((3, 11), "6.8.0.1"), ((3, 12), "6.12.0"), ((3, 13), "7.0.0")]
)
def test_good_pairs_pass(python: tuple[int, int], pyside: str) -> None:
    assert preflight.refuse_pair(python, pyside) is None


def test_the_pair_installed_here_is_read_from_its_metadata() -> None:
    import PySide6

    assert preflight.pyside_version() == PySide6.__version__


@pytest.mark.parametrize(("missing", "package"), [("torch", "torch"), ("PySide6", "PySide6-Essentials")])
def test_missing_packages_are_named(missing: str, package: str) -> None:
    line = one_line(preflight.refuse_missing(lambda module: module != missing))
    assert f"pip install {package}" in line


def test_missing_xcb_libraries_are_named_by_debian_package() -> None:
    line = one_line(preflight.refuse_libraries(DESKTOP, "linux", lambda name: name not in ABSENT))
    assert line.endswith("sudo apt install libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1")


@pytest.mark.parametrize(
    ("environ", "platform"),
    [
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, "linux"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "XDG_SESSION_TYPE": "wayland"}, "linux"),
        (DESKTOP, "darwin"),
        (DESKTOP, "win32"),
    ],
)
def test_xcb_libraries_are_asked_for_only_where_xcb_is_used(environ: dict[str, str], platform: str) -> None:
    assert preflight.refuse_libraries(environ, platform, lambda name: name not in ABSENT) is None


def test_libraries_of_qt_itself_are_needed_offscreen_too() -> None:
    offscreen = {"QT_QPA_PLATFORM": "offscreen"}
    line = one_line(preflight.refuse_libraries(offscreen, "linux", lambda name: name != "libEGL.so.1"))
    assert line.endswith("sudo apt install libegl1")


def test_the_dynamic_loader_is_asked() -> None:
    assert preflight.loads("libxcb-no-such-thing.so.0") is False


@pytest.mark.parametrize("environ", [{}, {"DISPLAY": ""}, {"XDG_SESSION_TYPE": "tty"}])
def test_no_display_is_one_line(environ: dict[str, str]) -> None:
    assert "no display" in one_line(preflight.refuse_without_display(environ, "linux", lambda display: True))


def test_a_display_that_does_not_answer_is_named() -> None:
    if not preflight.loads("libxcb.so.1"):
        pytest.skip("libxcb is not installed")
    problem = preflight.refuse_without_display({"DISPLAY": ":987"}, "linux", preflight.display_answers)
    assert "“:987” does not answer" in one_line(problem)


@pytest.mark.parametrize(
    ("environ", "platform"),
    [
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux"),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux"),
        (DESKTOP, "linux"),
        ({}, "darwin"),
        ({}, "win32"),
    ],
)
def test_places_with_a_display_pass(environ: dict[str, str], platform: str) -> None:
    assert preflight.refuse_without_display(environ, platform, lambda display: True) is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_the_app_says_it_in_one_line_and_ends() -> None:
    bare = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    bare.pop("QT_QPA_PLATFORM")
    done = subprocess.run([sys.executable, "-m", "blockstudio"], env=bare, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("blockstudio: There is no display")
    assert done.stderr.count("\n") == 1


def test_the_checks_import_neither_qt_nor_torch() -> None:
    code = (
        "import sys; from blockstudio.gui import preflight; preflight.refuse({}); "
        "print([m for m in ('PySide6', 'torch') if m in sys.modules], end='')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]"
