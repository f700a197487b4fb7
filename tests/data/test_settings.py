"""Settings: read once, refused in a sentence that names the variable and the cure."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import SettingsError
from data.settings import PREFIX, ROOT, Settings, from_env, index_folder


def test_empty_environment_gives_the_defaults() -> None:
    settings = from_env({"PATH": "/usr/bin"})
    assert settings == Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8050)
    assert settings.timezone == ZoneInfo("Asia/Shanghai")
    assert settings.database_url.endswith("/var/gezhi.db")


def test_empty_value_is_as_good_as_none() -> None:
    assert from_env({"GEZHI_PORT": "", "GEZHI_BASEMAP_URL": ""}) == Settings()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_every_setting_can_be_given(tmp_path: Path) -> None:
    tiles = tmp_path / "town.mbtiles"
    tiles.touch()
    given_values = {
        "GEZHI_DATABASE_URL": "sqlite:////srv/gezhi/gezhi.db",
        "GEZHI_INDEX_FOLDER": "/srv/gezhi/index",
        "GEZHI_HOST": "::1",
        "GEZHI_PORT": "9000",
        "GEZHI_TIMEZONE": "Asia/Urumqi",
        "GEZHI_LANGUAGE": "en",
        "GEZHI_BASEMAP_URL": "https://tiles.example/{z}/{x}/{y}.png",
        "GEZHI_BASEMAP_CRS": "gcj02",
        "GEZHI_BASEMAP_ATTRIBUTION": "Example, GS(2026)0001",
        "GEZHI_BASEMAP_FILE": str(tiles),
        "GEZHI_BASEMAP_MAX_ZOOM": "16",
    }
    assert set(given_values) == {PREFIX + each.name.upper() for each in fields(Settings)}
    without_file = {key: text for key, text in given_values.items() if "FILE" not in key}
    settings = from_env(without_file)
    assert settings.index_folder == Path("/srv/gezhi/index")
    assert settings.port == 9000
    assert settings.timezone == ZoneInfo("Asia/Urumqi")
    assert settings.basemap_crs == "gcj02"
    assert from_env({"GEZHI_BASEMAP_FILE": str(tiles)}).basemap_file == tiles


@pytest.mark.parametrize(
    ("variable", "text", "cure"),
    [
        ("GEZHI_PORT", "http", "whole number from 1 to 65535"),
        ("GEZHI_PORT", "0", "whole number from 1 to 65535"),
        ("GEZHI_PORT", "65536", "whole number from 1 to 65535"),
        ("GEZHI_PORT", "８０５０", "whole number from 1 to 65535"),
        ("GEZHI_PORT", "-1", "whole number from 1 to 65535"),
        ("GEZHI_HOST", "0.0.0.0", "write 127.0.0.1"),  # noqa: S104 - the point of the test
        ("GEZHI_TIMEZONE", "Peking", "Asia/Shanghai"),
        ("GEZHI_TIMEZONE", "../../etc/passwd", "Asia/Shanghai"),
        ("GEZHI_LANGUAGE", "zh", "zh-Hans, zh-Hant, en"),
        ("GEZHI_DATABASE_URL", "mysql://root@localhost/town", "sqlite:///PATH"),
        ("GEZHI_DATABASE_URL", "town.db", "sqlite:///PATH"),
        ("GEZHI_BASEMAP_URL", "tiles.example/{z}", "http address"),
        ("GEZHI_BASEMAP_URL", "https://tiles.example/1/2/3.png", "{z}, {x} and {y}"),
        ("GEZHI_BASEMAP_CRS", "bd09", "wgs84, gcj02"),
        ("GEZHI_BASEMAP_FILE", "/nowhere/town.mbtiles", "no such .mbtiles"),
        ("GEZHI_INDEX_FOLDER", "~nobody-of-this-name/index", "write the whole path"),
        ("GEZHI_BASEMAP_FILE", "~nobody-of-this-name/a.mbtiles", "write the whole path"),
        ("GEZHI_BASEMAP_MAX_ZOOM", "99", "whole number from 1 to 24"),
    ],
)
def test_wrong_value_names_the_variable_and_the_cure(variable: str, text: str, cure: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        from_env({variable: text})
    assert variable in str(refusal.value)
    assert repr(text) in str(refusal.value)
    assert cure in str(refusal.value)


def test_unknown_setting_is_refused_and_the_known_are_named() -> None:
    with pytest.raises(SettingsError, match=r"GEZHI_PROT is not a setting; known are .*GEZHI_PORT"):
        from_env({"GEZHI_PROT": "8050"})


def test_two_basemaps_are_refused(tmp_path: Path) -> None:
    tiles = tmp_path / "town.pmtiles"
    tiles.touch()
    both = {
        "GEZHI_BASEMAP_URL": "https://tiles.example/{z}/{x}/{y}.png",
        "GEZHI_BASEMAP_FILE": str(tiles),
    }
    with pytest.raises(SettingsError, match="keep one of them"):
        from_env(both)


def test_password_of_the_database_is_not_told() -> None:
    with pytest.raises(SettingsError) as refusal:
        from_env({"GEZHI_DATABASE_URL": "mysql://gezhi:geheim@localhost/town"})
    assert "geheim" not in str(refusal.value)


def test_index_lies_beside_the_sqlite_file() -> None:
    settings = from_env({"GEZHI_DATABASE_URL": "sqlite:////srv/town.db"})
    assert index_folder(settings) == Path("/srv/town.db.index")


def test_index_of_another_postgresql_database_has_another_folder() -> None:
    addresses = (
        "postgresql://gezhi@localhost/town",
        "postgresql://gezhi@localhost/village",
        "postgresql://gezhi@127.0.0.1/town",
        "postgresql://gezhi@localhost:5433/town",
        "postgresql://gezhi@/town?host=/run/postgresql",
    )
    folders = [index_folder(from_env({"GEZHI_DATABASE_URL": one})) for one in addresses]
    assert len(set(folders)) == len(addresses)
    assert {folder.parent for folder in folders} == {ROOT / "var"}


def test_index_of_a_database_keeps_its_folder_whoever_asks() -> None:
    addresses = ("postgresql://a:one@localhost/town", "postgresql+psycopg://b@localhost/town")
    one, other = (index_folder(from_env({"GEZHI_DATABASE_URL": url})) for url in addresses)
    assert one == other
    assert "one" not in one.name


def test_named_folder_of_the_index_is_taken() -> None:
    assert index_folder(from_env({"GEZHI_INDEX_FOLDER": "~/index"})) == Path.home() / "index"


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_postgresql_is_driven_by_psycopg(scheme: str) -> None:
    settings = from_env({"GEZHI_DATABASE_URL": f"{scheme}://gezhi@localhost/town"})
    assert settings.database_url == "postgresql+psycopg://gezhi@localhost/town"


@given(
    variable=st.sampled_from([PREFIX + each.name.upper() for each in fields(Settings)]),
    text=st.text(),
)
def test_any_text_gives_settings_or_a_sentence(variable: str, text: str) -> None:
    with suppress(SettingsError):
        assert isinstance(from_env({variable: text}), Settings)
