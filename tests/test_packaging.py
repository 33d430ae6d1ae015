"""What the systems are told about the app agrees with the app."""

from __future__ import annotations

import configparser
import plistlib
import sys
from importlib.util import find_spec
from xml.etree import ElementTree

import blockstudio
from tests.conftest import ROOT

LINUX = ROOT / "packaging" / "linux"
APP = "org.blockstudio.BlockStudio"


def test_our_packaging_directory_does_not_hide_the_library_of_that_name() -> None:
    assert str(ROOT) in sys.path
    found = find_spec("packaging")
    assert found is not None and found.origin is not None
    assert "site-packages" in found.origin


def test_the_desktop_entry_opens_projects() -> None:
    entry = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(LINUX / f"{APP}.desktop", encoding="utf-8")
    desktop = entry["Desktop Entry"]
    assert desktop["Exec"] == "blockstudio %f"
    assert desktop["Icon"] == APP
    assert desktop["MimeType"] == f"{_mime_type()};"
    assert {"Comment[zh_CN]", "GenericName[zh_CN]", "Keywords[zh_CN]"} <= set(desktop)


def test_the_metadata_names_this_version_and_the_desktop_entry() -> None:
    component = ElementTree.parse(LINUX / f"{APP}.metainfo.xml").getroot()
    assert component.findtext("id") == APP
    assert component.findtext("launchable") == f"{APP}.desktop"
    assert component.findtext("provides/mediatype") == _mime_type()
    newest = component.find("releases/release")
    assert newest is not None
    assert newest.get("version") == blockstudio.__version__


def test_macos_knows_the_same_suffix() -> None:
    facts = plistlib.loads((ROOT / "packaging" / "macos" / "Info.plist").read_bytes())
    (exported,) = facts["UTExportedTypeDeclarations"]
    (opened,) = facts["CFBundleDocumentTypes"]
    assert opened["LSItemContentTypes"] == [exported["UTTypeIdentifier"]]
    assert exported["UTTypeTagSpecification"]["public.filename-extension"] == ["blocks"]


def _mime_type() -> str:
    namespace = {"m": "http://www.freedesktop.org/standards/shared-mime-info"}
    kind = ElementTree.parse(LINUX / f"{APP}.mime.xml").getroot().find("m:mime-type", namespace)
    assert kind is not None
    glob = kind.find("m:glob", namespace)
    assert glob is not None and glob.get("pattern") == "*.blocks"
    return kind.get("type", "")
