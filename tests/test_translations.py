"""Every text of the window is in every language, and the compiled catalogs are those of the sources."""

from __future__ import annotations

import gettext

import pytest

from blockstudio.catalog.catalog import catalog
from blockstudio.engine import codec
from blockstudio.engine.protocol import Failure
from blockstudio.errors import ProjectError
from blockstudio.formats.project import loads
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


def test_an_error_and_a_reason_inside_an_error_are_worded_too() -> None:
    i18n.set_language("zh_CN")
    outer = ProjectError("“{file}” cannot be opened. {reason}", file="a", reason=ProjectError("The file is empty."))
    assert outer.message == "“a” cannot be opened. The file is empty."
    assert i18n.message(outer) == "无法打开“a”。文件为空。"
    compiling = Failure(
        "CompileError", "The document has {count} errors; the first: {first}", {"count": 2, "first": outer}
    )
    assert i18n.message(codec.decode(codec.encode(compiling))) == "文档有 2 个错误，第一个是：无法打开“a”。文件为空。"
    refused = ProjectError("“{file}” cannot be read: {reason}.", file="Linear", reason="Permission denied")
    assert i18n.message(refused) == "无法读取“Linear”：权限不够。"


def test_names_of_torch_stay_as_they_are() -> None:
    i18n.set_language("zh_CN")
    linear = catalog().get("torch.nn.Linear")
    assert linear is not None
    assert (i18n.entry_label(linear), i18n.tr(linear.category)) == ("Linear", "线性")
    assert {i18n.entry_label(entry) for entry in catalog().structures} >= {"Sequential", "常量", "便签"}


def test_a_file_that_is_cut_off_is_told_of_in_chinese() -> None:
    i18n.set_language("zh_CN")
    for data in (b'{"format": ', b'{"format": "x" 1}', b'{"format" 1}', b"{1}", b'{"format', b"{} {}"):
        with pytest.raises(ProjectError) as error:
            loads(data)
        reason = str(error.value.facts["reason"])
        assert reason in i18n.REASONS and reason not in i18n.message(error.value)


def test_the_body_of_a_loop_has_one_chinese_name() -> None:
    i18n.set_language("zh_CN")
    assert i18n.tr("body") == i18n.tr("do") == "循环体"  # the inspector and the node on the canvas


def test_menu_titles_without_their_mnemonics() -> None:
    assert [i18n.without_mnemonic(text) for text in ("&File", "文件(&F)", "Save &as", "a (b)")] == [
        "File",
        "文件",
        "Save as",
        "a (b)",
    ]


def test_qt_speaks_the_language_chosen(qapp) -> None:
    from PySide6.QtCore import QCoreApplication

    def cancel() -> str:
        return QCoreApplication.translate("QPlatformTheme", "Cancel")

    i18n.set_language("zh_CN")
    i18n.install_qt_texts(qapp)
    assert cancel() == "取消"
    assert all(QCoreApplication.translate("QFileDialog", text) == i18n.tr(text) != text for text in i18n.QT_LACKS)
    i18n.set_language("en")
    i18n.install_qt_texts(qapp)
    assert cancel() == "Cancel"
