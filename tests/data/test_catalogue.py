"""The shipped lists are complete, in three languages, and about nothing that is refused."""

from typing import get_args

import pytest
from sqlalchemy import func, select

from data import catalogue
from data.errors import InvalidInputError
from data.models import ServiceCategory, ServiceItem
from data.rules.calendar import DayKind
from data.rules.lifecycle import ANSWER_OF_PRIORITY, OPEN311_STATUS_OF_STAGE, STEP_OF_STAGE
from data.rules.running import Standard, Unit
from data.rules.transitions import TRANSITION_OF_ACTION
from data.store import Store
from tests.makers import NOW

LANGUAGES = ("zh-Hans", "zh-Hant", "en")
STAGES = [
    *("reported", "verifying", "filed", "dispatched", "received", "handling", "handled"),
    *("checking", "closed", "evaluated", "rejected", "merged", "suspended"),
]
SOURCES = [
    *("grid_patrol", "snap_report", "routine_patrol", "emergency_report", "hotline_12345"),
    *("resident_app", "video_patrol", "sensor", "agency_transfer", "leader", "whistle"),
]

EVERY_NAME = [
    *((f"{name} {term.code}", term.translations) for name in catalogue.list_names()
      for term in catalogue.code_list(name).values()),
    *((f"category {entry.code}", entry.translations) for entry in catalogue.categories()),
    *((f"item {entry.code}", entry.translations) for entry in catalogue.items()),
]  # fmt: skip


def unwritable(text: str, encoding: str) -> list[str]:
    """Return the characters that an encoding of one script cannot write."""
    return [character for character in text if character.encode(encoding, "ignore") == b""]


def test_every_entry_has_three_names() -> None:
    for entry, names in EVERY_NAME:
        assert tuple(names) == LANGUAGES, entry
        assert all(text.strip() == text != "" for text in names.values()), entry


def test_simplified_names_hold_no_traditional_character() -> None:
    # GB 2312 holds the simplified characters, Big5 the traditional ones.
    wrong = {entry: unwritable(names["zh-Hans"], "gb2312") for entry, names in EVERY_NAME}
    assert {entry: found for entry, found in wrong.items() if found} == {}


def test_traditional_names_hold_no_simplified_character() -> None:
    wrong = {entry: unwritable(names["zh-Hant"], "big5") for entry, names in EVERY_NAME}
    assert {entry: found for entry, found in wrong.items() if found} == {}


def test_script_check_sees_the_wrong_script() -> None:
    assert unwritable("消防安全类", "big5") == ["类"]
    assert unwritable("消防安全類", "gb2312") == ["類"]


def test_fifteen_duty_categories_stand_in_the_order_of_the_town() -> None:
    codes = [category.code for category in catalogue.categories()]
    assert codes == [f"{number:02d}" for number in range(1, 16)]
    assert [category.position for category in catalogue.categories()] == list(range(15))
    assert catalogue.categories()[6].name == "消防安全类"
    assert catalogue.categories()[6].cap_category == "Fire"


def test_catalogue_has_the_size_that_shifeng_names() -> None:
    assert len(catalogue.items()) == 285
    assert len(catalogue.code_list("agency")) == 23
    assert {item.agency_code for item in catalogue.items()} == set(catalogue.code_list("agency"))


def test_every_item_says_who_handles_it_by_when_and_when_it_is_done() -> None:
    lists = {
        "agency_code": "agency",
        "kind": "service_item_kind",
        "time_limit_unit": "time_limit_unit",
        "list_kind": "list_kind",
        "acceptance": "acceptance",
    }
    for field, name in lists.items():
        used = {getattr(item, field) for item in catalogue.items()}
        assert used == set(catalogue.code_list(name)), field
    for item in catalogue.items():
        assert item.code.startswith(item.category_code)
        assert Standard(item.time_limit_value, Unit(item.time_limit_unit)).value > 0
    used = {item.category_code for item in catalogue.items()}
    assert used == {category.code for category in catalogue.categories()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_title_of_an_item_comes_twice(language: str) -> None:
    titles = [item.translations[language].casefold() for item in catalogue.items()]
    assert sorted(title for title in set(titles) if titles.count(title) > 1) == []


def test_codes_of_items_count_on_within_their_category() -> None:
    codes = [item.code for item in catalogue.items()]
    assert codes == sorted(codes)
    for category in catalogue.categories():
        mine = [code for code in codes if code.startswith(category.code)]
        assert mine == [f"{category.code}{number:02d}" for number in range(1, len(mine) + 1)]


def test_every_other_list_of_a_unit_stage_or_kind_is_the_list_of_the_rules() -> None:
    assert list(catalogue.code_list("time_limit_unit")) == list(Unit)
    assert set(catalogue.code_list("action")) >= set(TRANSITION_OF_ACTION)
    assert set(catalogue.code_list("open311_status")) == set(OPEN311_STATUS_OF_STAGE.values())
    assert set(catalogue.code_list("priority")) == set(ANSWER_OF_PRIORITY)
    assert set(catalogue.code_list("priority_answer")) == set(ANSWER_OF_PRIORITY.values())
    assert set(catalogue.code_list("step")) == set(STEP_OF_STAGE.values())
    assert set(catalogue.code_list("day_kind")) == set(get_args(DayKind))


def test_codes_of_items_are_unique() -> None:
    codes = [item.code for item in catalogue.items()]
    assert len(set(codes)) == len(codes)


def test_stages_sources_and_priorities_are_those_of_the_incident() -> None:
    assert list(catalogue.code_list("stage")) == STAGES
    assert list(catalogue.code_list("source")) == SOURCES
    assert list(catalogue.code_list("priority")) == ["urgent", "major", "minor"]


def test_positions_count_from_zero_in_every_list() -> None:
    for name in catalogue.list_names():
        terms = catalogue.code_list(name).values()
        assert [term.position for term in terms] == list(range(len(terms)))


def test_religious_sites_are_no_position_of_a_camera() -> None:
    assert list(catalogue.code_list("position_type")) == [
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "8",
        "9",
        "10",
    ]


def test_lists_of_people_to_be_watched_do_not_exist() -> None:
    for name in catalogue.list_names():
        assert catalogue.refused_subject(name) is None
    for entry, names in EVERY_NAME:
        for text in names.values():
            assert catalogue.refused_subject(text) is None, entry


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("宗教场所", "religion"),
        ("Religious_Site", "religion"),
        ("少數民族人口", "ethnicity"),
        ("ethnic-group", "ethnicity"),
        ("上访人", "petitioners"),
        ("重点人员", "control lists of persons"),
        ("KEY_PERSON", "control lists of persons"),
        ("人脸识别告警", "recognition of persons"),
    ],
)
def test_refused_subjects_are_refused_in_words(text: str, subject: str) -> None:
    assert catalogue.refused_subject(text) == subject
    with pytest.raises(InvalidInputError, match=subject):
        catalogue.refuse(text)


@pytest.mark.parametrize("text", ["technical", "churchill_road", "消防安全类", "monkey personnel"])
def test_ordinary_words_are_not_refused(text: str) -> None:
    catalogue.refuse(text)


def test_title_falls_back_to_the_plain_name() -> None:
    term = catalogue.code_list("stage")["closed"]
    assert term.title("en") == "Closed"
    assert term.title("zh-Hant") == "已結案"
    assert term.title("fr") == "已结案"


def test_caller_cannot_change_a_list() -> None:
    catalogue.code_list("stage").clear()
    assert list(catalogue.code_list("stage")) == STAGES


def test_unknown_list_is_named() -> None:
    with pytest.raises(ValueError, match="'church'"):
        catalogue.code_list("church")


def test_loading_twice_writes_once(store: Store) -> None:
    everything = len(catalogue.categories()) + len(catalogue.items())
    with store.writing(at=NOW) as session:
        assert catalogue.load(session) == everything
    with store.writing(at=NOW) as session:
        assert catalogue.load(session) == 0
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(ServiceCategory)) == 15


def test_loading_keeps_what_the_town_has_changed(store: Store) -> None:
    with store.writing(at=NOW) as session:
        catalogue.load(session)
        session.get_one(ServiceItem, "0301").time_limit_value = 99
    with store.writing(at=NOW) as session:
        catalogue.load(session)
    with store.reading() as session:
        assert session.get_one(ServiceItem, "0301").time_limit_value == 99
