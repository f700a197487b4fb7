"""The three catalogues say the same things, completely."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

import layers
from dashboard.text import DEFAULT_LANGUAGE, LANGUAGES, catalogue
from data import settings
from data.rules.kpi import KPIS

SIMPLIFIED_ONLY = frozenset(
    "义习乡书买乱争亏亚产亲亿仅从仓们价众优会伟传伤伦体侦侧债倾偿储党关兴养军农决况冻净减击则刚创删剂"
    "剧办务动励劳势区医华协单卖卫厂厅历压厌县参双发变叙叠号听启员响团园围国图圆场坏块坚坛声备复够头奖"
    "妇学宁宝实审宪宽宾对寻导层属岁岗岛币师帐带帮广庄庆库应废开异张弹强归当录径态总恶悬惊惯愿战户执"
    "扩扫扬护报担拟拥拦择挡损换据摄摆撑敌数断无旧时显暂术机杀权条来极构标栏树样桥档检楼欢残毁毕汇没"
    "沟测济浓润涨渐湾湿满滤滨滩灭灯灵灾炉炼烦烧热爱状独环现画疗监盖盘确码础离种积称稳穷竞笔筑签简"
    "类粮紧红约级纪纯纲纳纵纷纸纹线练组细终绍经结给络绝统继续维综绿编缘缩网罗罚联职肃胜脏脑艺节"
    "药获营补装见观规视览觉触订认讨让训议记讲许论设访证评识诉词译试话询该详语误说请读课调谈谢贝负责"
    "败货质购贯贵费资赏赔赖赛赞转轮软轻载较辅输边达过运还这进远违连迟适选递遗邻释针钟钢铁银链销锁错"
    "键镇长门闭问闲间闻阅队阳阴阶际陆险随隐难页顶项顺须顾预领频题额风飞馆马驱驻验鱼鸟麦黄齐龄龙亩摊"
)
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def words(lang: str) -> dict[str, str]:
    return dict(catalogue(lang).words)


def test_languages_are_those_of_the_settings() -> None:
    assert tuple(LANGUAGES) == settings.LANGUAGES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_catalogue_has_the_same_keys(lang: str) -> None:
    assert words(lang).keys() == words(DEFAULT_LANGUAGE).keys()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_takes_the_same_parameters(lang: str) -> None:
    mine, theirs = words(lang), words(DEFAULT_LANGUAGE)
    differing = [
        key
        for key in theirs
        if set(PLACEHOLDER.findall(mine[key])) != set(PLACEHOLDER.findall(theirs[key]))
    ]
    assert differing == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_is_empty_but_a_unit_that_a_language_does_not_write(lang: str) -> None:
    empty = {key for key, word in words(lang).items() if not word.strip()}
    assert empty <= {"kpi.unit_count"}


def test_traditional_text_holds_no_simplified_character() -> None:
    found = {
        key: hits
        for key, word in words("zh-Hant").items()
        if (hits := sorted(set(word) & SIMPLIFIED_ONLY))
    }
    assert found == {}


def test_english_text_holds_no_chinese_character() -> None:
    assert [key for key, word in words("en").items() if re.search("[一-鿿]", word)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_layer_and_every_key_figure_has_its_words(lang: str) -> None:
    text = catalogue(lang)
    for layer in layers.LAYERS:
        assert text.has(f"layer.{layer.key}")
        assert text.has(f"group.{layer.group}")
        assert all(text.has(f"measure.{measure}") for measure in layer.measures)
    for kpi in KPIS:
        assert all(text.has(f"{part}.{kpi.key}") for part in ("kpi_name", "kpi_definition"))
        assert text.has(f"tally.{kpi.numerator}")
        assert kpi.denominator is None or text.has(f"tally.{kpi.denominator}")


def test_unknown_key_is_named_with_its_file() -> None:
    with pytest.raises(KeyError, match=r"en\.toml has no text 'no\.such'"):
        catalogue("en").t("no.such")


def test_language_that_is_not_offered_gets_the_default_one() -> None:
    assert catalogue("tlh").lang == DEFAULT_LANGUAGE


def test_parameters_are_filled_in() -> None:
    assert catalogue("en").t("card.of_total", shown=3, total=7) == "3 / 7"


def test_numbers_and_times_are_written_for_the_zone_and_unknown_is_a_dash() -> None:
    text, shanghai = catalogue("zh-Hans"), ZoneInfo("Asia/Shanghai")
    assert text.number(2644) == "2,644"
    assert text.number(95.4236, 1) == "95.4"
    assert text.number(None) == "—"
    assert text.moment(datetime(2026, 1, 1, 16, 30, tzinfo=UTC), shanghai) == "2026-01-02 00:30"
    assert text.moment(None, shanghai) == "—"
    assert text.day(date(2026, 3, 1)) == "2026-03-01"


def test_name_falls_back_to_the_plain_one() -> None:
    assert catalogue("en").named("青禾镇", {"en": "Qinghe Town"}) == "Qinghe Town"
    assert catalogue("zh-Hant").named("青禾镇", {"en": "Qinghe Town"}) == "青禾镇"
    assert catalogue("en").named("青禾镇", None) == "青禾镇"
