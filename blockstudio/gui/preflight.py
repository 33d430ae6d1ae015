"""Whether a window can open here at all, asked before Qt is imported.

Qt ends the process itself when its platform plugin does not load, with a message nobody can act on,
and a bad pair of PySide6 and Python crashes minutes later. Each check returns one line that says
what to do, or None.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from blockstudio.errors import BlockStudioError, mark

GRAPHICS_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libX11.so.6": "libx11-6",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libzstd.so.1": "libzstd1",
}
"""What QtGui itself loads, on whatever platform: shared library, and the Debian package that has it."""

XCB_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""What the xcb platform plugin, a window on X11, loads besides."""

WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
"""What the Wayland platform plugin loads besides."""

PLATFORM_LIBRARIES = {"xcb": XCB_LIBRARIES, "wayland": WAYLAND_LIBRARIES}


def refuse(environ: Mapping[str, str], platform: str = sys.platform) -> BlockStudioError | None:
    """The first reason why the window cannot open, or None when it can."""
    return (
        refuse_missing(lambda module: find_spec(module) is not None)
        or refuse_pair(sys.version_info[:2], pyside_version())
        or refuse_libraries(environ, platform, loads)
        or refuse_without_display(environ, platform, display_answers)
    )


def refuse_missing(exists: Callable[[str], bool]) -> BlockStudioError | None:
    """Qt draws the window; models run in another process, but without PyTorch there is nothing to compose."""
    for module, package in (("PySide6", "PySide6-Essentials"), ("torch", "torch")):
        if not exists(module):
            return BlockStudioError(
                mark("{module} is missing: install it with “pip install {package}”."), module=module, package=package
            )
    return None


def refuse_pair(python: tuple[int, int], pyside: str) -> BlockStudioError | None:
    """PySide6 from 6.12 on corrupts the reference counts of Python below 3.12, which then aborts."""
    major, minor = (int(part) for part in pyside.split(".")[:2])
    if (major, minor) >= (6, 12) and python < (3, 12):
        return BlockStudioError(
            mark(
                "PySide6 {pyside} crashes on Python {python}: "
                "install “PySide6-Essentials<6.12” with pip, or use Python 3.12 or newer."
            ),
            pyside=pyside,
            python=".".join(map(str, python)),
        )
    return None


def refuse_libraries(
    environ: Mapping[str, str], platform: str, loads: Callable[[str], bool]
) -> BlockStudioError | None:
    """System libraries that Linux distributions leave to be installed; other systems bring theirs."""
    if not platform.startswith("linux"):
        return None
    wanted = GRAPHICS_LIBRARIES | PLATFORM_LIBRARIES.get(qt_platform(environ), {})
    missing = [package for library, package in wanted.items() if not loads(library)]
    if not missing:
        return None
    return BlockStudioError(
        mark("System libraries are missing; on Debian or Ubuntu, run: sudo apt install {packages}"),
        packages=" ".join(missing),
    )


def refuse_without_display(
    environ: Mapping[str, str], platform: str, answers: Callable[[str], bool]
) -> BlockStudioError | None:
    """A Linux session with neither X11 nor Wayland, such as a plain ssh login, or an X server that does not answer."""
    if not platform.startswith("linux"):
        return None
    match qt_platform(environ):
        case "":
            return BlockStudioError(
                mark(
                    "There is no display to open a window on: start BlockStudio in a desktop session or use “ssh -X”. "
                    "“blockstudio --help” lists the commands that need no display."
                )
            )
        case "xcb" if not answers(display := environ.get("DISPLAY", "")):
            return BlockStudioError(
                mark("The display “{display}” does not answer: check DISPLAY, or use a desktop session."),
                display=display,
            )
    return None


def qt_platform(environ: Mapping[str, str]) -> str:
    """The platform plugin Qt will take on Linux; empty when there is no display for any."""
    if chosen := environ.get("QT_QPA_PLATFORM"):
        return chosen.split(";")[0].split(":")[0]
    x11, wayland = environ.get("DISPLAY"), environ.get("WAYLAND_DISPLAY")
    if wayland and (not x11 or environ.get("XDG_SESSION_TYPE") == "wayland"):
        return "wayland"
    return "xcb" if x11 else ""


def pyside_version() -> str:
    """The version of PySide6; "0.0" where its metadata is not there to be read (a frozen app)."""
    try:
        return version("PySide6-Essentials")
    except PackageNotFoundError:
        return "0.0"


def loads(library: str) -> bool:
    """Whether the dynamic loader finds a shared library and all it needs."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def display_answers(display: str) -> bool:
    """Whether an X server accepts a connection; called only where libxcb loads."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(display.encode(), None))
    answered: bool = xcb.xcb_connection_has_error(connection) == 0
    xcb.xcb_disconnect(connection)
    return answered
