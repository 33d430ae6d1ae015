"""The words of the window in the language of the user: gettext catalogs, and Qt's own texts.

The English text in the source is the key. Templates of errors and diagnostics stand in rooms that
know nothing of languages, marked with `errors.mark`; they are translated here, where they are shown.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from blockstudio import resources
from blockstudio.errors import BlockStudioError, mark, worded

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication

    from blockstudio.catalog.spec import Entry

SYSTEM = "system"
LANGUAGES = {SYSTEM: mark("System"), "en": "English", "zh_CN": "简体中文"}
"""What can be chosen; a language is named in itself, and "System" is translated where it is shown."""

_translations: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def tr(text: str) -> str:
    """The text in the current language, or as it is where there is no translation."""
    return _translations.gettext(text) if text else ""


class Worded(Protocol):
    """What an error and a diagnostic have in common: an English template and the facts that fill it."""

    @property
    def template(self) -> str: ...

    @property
    def facts(self) -> Mapping[str, Any]: ...


def message(problem: Worded) -> str:
    """The sentence of an error or a diagnostic in the current language, without its path; of a block that is used
    several times, with the use for which it is so."""
    text = worded(tr(problem.template), {name: _fact(name, fact) for name, fact in problem.facts.items()})
    within = problem.facts.get("within")
    return tr("{text} (In {place}.)").format(text=text, place=within[-1]) if within else text


def _fact(name: str, fact: Any) -> Any:
    """A fact as it is put into a sentence: an error is worded itself, a reason is translated where it is known."""
    if isinstance(fact, Mapping) and fact.keys() == {"template", "facts"}:  # an error that came from the engine
        fact = BlockStudioError(fact["template"], **fact["facts"])
    if isinstance(fact, BlockStudioError):
        return message(fact)
    return tr(fact) if name == "reason" and isinstance(fact, str) else fact


REASONS = (
    mark("No such file or directory"),
    mark("Permission denied"),
    mark("Is a directory"),
    mark("Not a directory"),
    mark("No space left on device"),
    mark("Read-only file system"),
    mark("File name too long"),
    mark("File exists"),
    mark("invalid syntax"),
    mark("Expecting value"),
    mark("Expecting ',' delimiter"),
    mark("Expecting ':' delimiter"),
    mark("Expecting property name enclosed in double quotes"),
    mark("Unterminated string starting at"),
    mark("Extra data"),
)
"""What the system and Python say most often about what went wrong."""


def entry_label(entry: Entry) -> str:
    """What an entry of the catalog is called: torch's own names stay as they are."""
    return entry.label if "." in entry.type else tr(entry.label)


def language() -> str:
    """The language in use: "en" or "zh_CN"."""
    return _language


def set_language(name: str) -> str:
    """Use a language of LANGUAGES for every later `tr`; what none is written for becomes English.

    Returns the language now in use.
    """
    global _language, _translations
    _language = system_language() if name == SYSTEM else name
    if _language not in LANGUAGES:
        _language = "en"
    _translations = _texts(_language)
    return _language


@cache
def _texts(name: str) -> gettext.NullTranslations:
    catalog = resources.path("i18n", f"{name}.mo")
    if not catalog.is_file():
        return gettext.NullTranslations()
    with catalog.open("rb") as file:
        return gettext.GNUTranslations(file)


def in_every_language(text: str) -> tuple[str, ...]:
    """A text as each language has it: a search finds it by any of them."""
    return tuple(dict.fromkeys(_texts(name).gettext(text) for name in LANGUAGES if name != SYSTEM)) if text else ()


def system_language() -> str:
    """The language of LANGUAGES nearest to what the system asks for."""
    from PySide6.QtCore import QLocale

    for wanted in QLocale.system().uiLanguages():
        if wanted.replace("_", "-").lower().split("-")[0] == "zh":
            return "zh_CN"
        if wanted.lower().startswith("en"):
            return "en"
    return "en"


def without_mnemonic(text: str) -> str:
    """The words of a menu's title: "File" for "&File", "文件" for "文件(&F)"."""
    return re.sub(r"\(&\w\)|&", "", text)


QT_LACKS = (mark("&Look in:"), mark("Files of &type:"), mark("Don't Save"), mark("Folder"))
"""Texts of Qt's own dialogs that its Chinese has not caught up with."""


def install_qt_texts(application: QCoreApplication) -> None:
    """Give Qt's own buttons, menus and dialogs the current language, or take it back for English."""
    from PySide6.QtCore import QLibraryInfo, QTranslator

    class Rest(QTranslator):
        def isEmpty(self) -> bool:
            return False

        def translate(self, context: object, text: object, *_: object) -> str:
            # None stands for Qt's null string, which the stub lacks: other translators are asked then.
            return tr(text) if isinstance(text, str) and text in QT_LACKS else None  # type: ignore[return-value]

    for old in application.findChildren(QTranslator, "blockstudio"):
        application.removeTranslator(old)
        old.deleteLater()
    if _language == "en":
        return
    for translator in (Rest(application), QTranslator(application)):
        translator.setObjectName("blockstudio")
        if isinstance(translator, Rest) or translator.load(
            f"qtbase_{_language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        ):
            application.installTranslator(translator)
