"""Every text of the window is in every language, and the compiled catalogs are those of the sources."""

from __future__ import annotations

import gettext

import pytest

from blockstudio.gui import i18n
from tests.helpers import translations


@pytest.fixture(autouse=True)
def english_afterwards():
    yield
    i18n.set_language("en")


def test_every_language_offered_has_a_catalog() -> None:
    assert set(i18n.LANGUAGES) == {i18n.SYSTEM, "en", *translations.LANGUAGES}


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    left = translations.faults(language)
    assert not left, "\n".join(left)


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_the_compiled_catalog_is_that_of_the_source(language: str) -> None:
    with translations.mo_path(language).open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    source = {message.id: message.string for message in translations.read(language) if message.id and message.string}
    assert {text: compiled.gettext(text) for text in source} == source
    assert {text for text in compiled._catalog if text} == set(source)


def test_no_text_escapes_translation() -> None:
    found = list(translations.unmarked())
    assert not found, "\n".join(found)


def test_a_text_is_shown_in_the_language_chosen() -> None:
    assert i18n.tr("System") == "System"
    assert i18n.set_language("zh_CN") == "zh_CN"
    assert i18n.tr("System") == "跟随系统"
    assert i18n.tr("no such text") == "no such text"
    assert i18n.tr("") == ""
    assert i18n.set_language("en") == "en"
    assert i18n.tr("System") == "System"


def test_a_language_nobody_wrote_is_english() -> None:
    assert i18n.set_language("tlh") == "en"


def test_an_error_is_worded_in_the_language_chosen() -> None:
    from blockstudio.gui import preflight

    problem = preflight.refuse_pair((3, 11), "6.12.0")
    assert problem is not None
    assert i18n.message(problem) == problem.message
    i18n.set_language("zh_CN")
    assert i18n.message(problem).startswith("PySide6 6.12.0 在 Python 3.11 上会崩溃")


def test_qt_speaks_the_language_chosen(qapp) -> None:
    from PySide6.QtCore import QCoreApplication

    def cancel() -> str:
        return QCoreApplication.translate("QPlatformTheme", "Cancel")

    i18n.set_language("zh_CN")
    i18n.install_qt_texts(qapp)
    assert cancel() == "取消"
    i18n.set_language("en")
    i18n.install_qt_texts(qapp)
    assert cancel() == "Cancel"
