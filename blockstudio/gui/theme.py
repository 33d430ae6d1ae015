"""How the window looks: sets of colours, light and dark, of either one with more contrast, over Qt's Fusion style.

Colours are asked for when something is painted (`theme().accent`), so a change of scheme needs no more
than a repaint.
"""

from __future__ import annotations

from string import Template

from attrs import asdict, evolve, frozen
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from blockstudio import resources

SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


TITLE = 1.3
"""Size of titles, in that of other texts."""


@frozen
class Theme:
    """Colours by what they are for, as `#rrggbb`."""

    dark: bool
    window: str
    base: str
    raised: str
    hover: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    selection: str
    error: str
    error_fill: str
    warning: str
    warning_fill: str
    success: str
    success_fill: str
    info: str
    info_fill: str
    canvas: str
    grid: str
    line_fill: str
    """Behind the lines of source that a selected node stands for."""
    hues: tuple[str, ...]
    """One colour a category, in the order of the catalog."""
    kinds: tuple[str, ...]
    """What flows on a wire: whole numbers, true or false, complex numbers, no tensor."""
    syntax: str
    """Name of the pygments style."""


LIGHT = Theme(
    dark=False,
    window="#f3f4f7",
    base="#ffffff",
    raised="#ffffff",
    hover="#e7eaf0",
    border="#d6dae1",
    text="#1f242c",
    muted="#626b79",
    accent="#2f66dd",
    on_accent="#ffffff",
    selection="#d7e3fc",
    error="#c02b3c",
    error_fill="#fdecee",
    warning="#96600a",
    warning_fill="#fdf3dc",
    success="#1d7a46",
    success_fill="#e4f5ea",
    info="#2f66dd",
    info_fill="#e9f0fe",
    canvas="#fafbfc",
    grid="#e2e5eb",
    line_fill="#fdf3cf",
    hues=(
        "#3b73d9", "#0d8f8c", "#6a5bd0", "#b0479e", "#c8622b", "#8a7a14", "#3c8a3f", "#4a7f9f",
        "#a0507a", "#7a6a5a", "#5a74a8", "#9a5a2a", "#2f8f6a", "#8356b8", "#b34a4a", "#68737f",
        "#2b86b8", "#a8591a", "#5f8a1f", "#b0406f", "#4f63c4", "#1e8a7a", "#8a6db0", "#7d7d2a",
    ),
    kinds=("#0b7f77", "#a5408f", "#6a55cf", "#8f6420"),
    syntax="xcode",
)  # fmt: skip

DARK = Theme(
    dark=True,
    window="#22252b",
    base="#1a1c21",
    raised="#2d3138",
    hover="#353a43",
    border="#3b414b",
    text="#dde1e8",
    muted="#949dab",
    accent="#6f9dff",
    on_accent="#10141c",
    selection="#2f4470",
    error="#ff7b86",
    error_fill="#41262b",
    warning="#eab54f",
    warning_fill="#3d3320",
    success="#63cf8e",
    success_fill="#20382b",
    info="#7fa8ff",
    info_fill="#263450",
    canvas="#1a1c21",
    grid="#2a2e36",
    line_fill="#3a3721",
    hues=(
        "#6c9dff", "#3fc4bf", "#9a8cff", "#e07fd0", "#f09a62", "#cfbd4a", "#74c878", "#7fb9d8",
        "#e088b0", "#b5a48f", "#8fa9dd", "#d99a66", "#5fcaa2", "#bb93ee", "#ee8585", "#9aa5b3",
        "#6bb9e6", "#e0a05a", "#a8cc62", "#ec86ac", "#8c9cf5", "#5ccbb8", "#c3a8e6", "#c4c46a",
    ),
    kinds=("#45b8ab", "#d883c8", "#a396f4", "#cfa568"),
    syntax="one-dark",
)  # fmt: skip


def _shifted(values: tuple[str, ...], towards: str, share: float) -> tuple[str, ...]:
    """Colours with a share of another."""
    goal = QColor(towards)

    def shifted(value: str) -> str:
        own = QColor(value)
        pairs = (own.red(), goal.red()), (own.green(), goal.green()), (own.blue(), goal.blue())
        return QColor(*(round(a + (b - a) * share) for a, b in pairs)).name()

    return tuple(map(shifted, values))


LIGHT_CONTRAST = evolve(
    LIGHT,
    window="#ffffff", hover="#dbe5fa", border="#4d545e", text="#000000", muted="#333a44",
    accent="#0b45bf", selection="#bfd4ff",
    error="#a00d22", error_fill="#fff0f1", warning="#6b4200", warning_fill="#fff6df",
    success="#0a5a2d", success_fill="#eefaf2", info="#0b45bf", info_fill="#eef4ff",
    canvas="#ffffff", grid="#c4c9d1", line_fill="#ffeeb0",
    hues=_shifted(LIGHT.hues, "#000000", 0.35),
    kinds=_shifted(LIGHT.kinds, "#000000", 0.3),
)  # fmt: skip

DARK_CONTRAST = evolve(
    DARK,
    window="#000000", base="#000000", raised="#0d0f12", hover="#2d3440", border="#a4acb9", text="#ffffff",
    muted="#d2d8e1", accent="#9dbfff", on_accent="#000000", selection="#24468c",
    error="#ffa3aa", error_fill="#2b1014", warning="#ffd27a", warning_fill="#241b06",
    success="#8ff0b4", success_fill="#06210f", info="#a8c5ff", info_fill="#0b1a33",
    canvas="#000000", grid="#363c46", line_fill="#37330f",
    hues=_shifted(DARK.hues, "#ffffff", 0.35),
    kinds=_shifted(DARK.kinds, "#ffffff", 0.3),
)  # fmt: skip

_current = LIGHT
_contrast = False
"""Whether more contrast was asked for, here and not in the system."""


def theme() -> Theme:
    """The colours in use."""
    return _current


def color(value: str, alpha: int = 255) -> QColor:
    result = QColor(value)
    result.setAlpha(alpha)
    return result


def fixed_font() -> QFont:
    """The system's font for code, in the size of the other texts."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QGuiApplication.font().pointSizeF())
    return font


def set_scheme(application: QApplication, name: str, *, contrast: bool | None = None) -> None:
    """Use a scheme of SCHEMES; "system" follows the system, also later. `contrast`: see `set_contrast`."""
    global _contrast
    _contrast = _contrast if contrast is None else contrast
    hints = application.styleHints()
    wanted = SCHEMES.get(name, Qt.ColorScheme.Unknown)
    if wanted == Qt.ColorScheme.Unknown:
        hints.unsetColorScheme()
    else:
        hints.setColorScheme(wanted)
    # A platform without colour schemes leaves the effective one as it was: what was asked for counts.
    use(application, _theme_of(hints.colorScheme() if wanted == Qt.ColorScheme.Unknown else wanted))


def set_contrast(application: QApplication, more: bool) -> None:
    """Use colours of more contrast, or of no more than the system asks for."""
    global _contrast
    _contrast = more
    use(application, _theme_of(Qt.ColorScheme.Dark if _current.dark else Qt.ColorScheme.Light))


def follow_system(application: QApplication) -> None:
    """Repaint in the colours of the system whenever it changes them."""
    hints = application.styleHints()
    hints.colorSchemeChanged.connect(lambda scheme: use(application, _theme_of(scheme)))
    if hasattr(hints, "accessibility"):  # since Qt 6.10
        hints.accessibility().contrastPreferenceChanged.connect(lambda _: set_contrast(application, _contrast))


def system_contrast() -> bool:
    """Whether the system is set to high contrast."""
    hints = QGuiApplication.styleHints()
    if not hasattr(hints, "accessibility"):
        return False
    preference = hints.accessibility().contrastPreference()
    return bool(preference == Qt.ContrastPreference.HighContrast)


def use(application: QApplication, chosen: Theme) -> None:
    global _current
    _current = chosen
    application.setPalette(palette(chosen))
    application.setStyleSheet(style_sheet(chosen))


def _theme_of(scheme: Qt.ColorScheme) -> Theme:
    more = _contrast or system_contrast()
    if scheme == Qt.ColorScheme.Dark:
        return DARK_CONTRAST if more else DARK
    return LIGHT_CONTRAST if more else LIGHT


def palette(t: Theme) -> QPalette:
    """The palette of Qt's own widgets."""
    role = QPalette.ColorRole
    result = QPalette()
    for name, value in (
        (role.Window, t.window),
        (role.WindowText, t.text),
        (role.Base, t.base),
        (role.AlternateBase, t.window),
        (role.Text, t.text),
        (role.Button, t.raised),
        (role.ButtonText, t.text),
        (role.BrightText, t.error),
        (role.ToolTipBase, t.raised),
        (role.ToolTipText, t.text),
        (role.PlaceholderText, t.muted),
        (role.Highlight, t.accent),
        (role.HighlightedText, t.on_accent),
        (role.Link, t.accent),
        (role.LinkVisited, t.accent),
        (role.Accent, t.accent),
        (role.Light, t.raised),
        (role.Midlight, t.hover),
        (role.Mid, t.border),
        (role.Dark, t.border),
        (role.Shadow, t.border),
    ):
        result.setColor(QPalette.ColorGroup.All, name, QColor(value))
    for name in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, name, color(t.muted, 150))
    result.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(t.border))
    return result


def style_sheet(t: Theme) -> str:
    """The rules of resources/themes/window.qss with the colours put in."""
    folder = resources.path("themes")
    size = max(QGuiApplication.font().pointSizeF(), 8.0)
    scheme = "dark" if t.dark else "light"
    values = {**asdict(t), "images": folder.as_posix(), "scheme": scheme, "title_size": round(size * TITLE, 1)}
    return Template((folder / "window.qss").read_text("utf-8")).substitute(values)
