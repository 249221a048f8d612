"""Glossary, scripts and markets: found in any language, shown whole, and dated as of today."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from lxml import html

from courses.course import Html, Step
from lms.bootstrap import Parts
from lms.services import authoring
from tests.conftest import Clock
from tests.practice_course import SLUG, practice_course
from tests.shelf_course import shelf

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Enter = Callable[..., FlaskClient]


@pytest.fixture
def published(parts: Parts) -> None:
    with parts.database.writing(seconds=60) as session:
        course = replace(practice_course(), shelf=shelf(point="point-single"))
        authoring.import_course(session, course, now=parts.now())


def text(page: str) -> str:
    [main] = html.document_fromstring(page).xpath("//main")
    return " ".join(main.text_content().split())


def listed(client: FlaskClient, query: str) -> list[str]:
    page = html.document_fromstring(client.get(f"/glossary?{query}").text)
    return [address.rsplit("/", 1)[1] for address in page.xpath("//main//ul//a/@href")]


@pytest.mark.parametrize("path", ["/glossary", "/scripts", "/markets"])
def test_without_a_course_each_page_says_that_there_is_nothing_yet(sign_in: Enter, path: str) -> None:
    answer = sign_in().get(path)

    assert answer.status_code == 200
    assert " yet" in text(answer.text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["tracking-number", "tracking", "invoicing"]),
        ("q=facturacion", ["invoicing"]),
        ("q=FACTURACI%C3%93N", ["invoicing"]),
        ("q=%E3%81%9B%E3%81%84%E3%81%8D%E3%82%85%E3%81%86", ["invoicing"]),  # せいきゅう
        ("q=%EF%BE%84%EF%BE%97%EF%BD%AF%EF%BD%B7%EF%BE%9D%EF%BD%B8%EF%BE%9E", ["tracking"]),  # ﾄﾗｯｷﾝｸﾞ
        ("q=tracking", ["tracking", "tracking-number"]),  # the whole word first
        ("q=tracking+no.", ["tracking-number"]),
        ("q=number+tracking", ["tracking-number"]),
        ("q=sendungs", ["tracking-number"]),
        ("q=%E5%BF%AB%E9%80%92%E5%8D%95%E5%8F%B7", ["tracking-number"]),  # 快递单号
        ("q=%E6%9F%A5", []),  # stands in no word
        ("topic=payment", ["invoicing"]),
        ("topic=payment&q=tracking", []),
        ("topic=nonsense", ["tracking-number", "tracking", "invoicing"]),
        ("page=99", ["tracking-number", "tracking", "invoicing"]),
    ],
)
@ON_SQLITE
def test_a_term_is_found_in_any_language_however_it_is_written(
    sign_in: Enter, published: None, query: str, found: list[str]
) -> None:
    assert listed(sign_in(), query) == found


def test_a_term_has_its_own_page_in_both_languages(sign_in: Enter, published: None) -> None:
    english = sign_in().get("/glossary/tracking-number")
    chinese = text(sign_in(language="zh-CN").get("/glossary/tracking-number").text)
    source = sign_in().get("/glossary/invoicing")

    assert english.status_code == 200
    for words in ("The number of a parcel.", "Not the order number.", "追跡番号", "die Sendungsnummer, -n"):
        assert words in text(english.text)
    assert 'data-speak="Sendungsnummer" data-speak-lang="de"' in english.text
    assert '<td data-label="Word" lang="ja"><strong>追跡番号' in english.text
    assert "包裹的编号。" in chinese
    assert "Rule book &lt;1&gt;" in source.text
    assert sign_in().get("/glossary/nothing").status_code == 404


@ON_SQLITE
def test_scripts_are_listed_by_kind_and_found_by_their_words(sign_in: Enter, published: None) -> None:
    client = sign_in()

    assert "Refund in three steps" in text(client.get("/scripts").text)
    assert "Refund in three steps" in text(client.get("/scripts?kind=refund&q=erstattet").text)
    assert "No script fits" in text(client.get("/scripts?kind=delay").text)
    assert "No script fits" in text(client.get("/scripts?q=nothing").text)


@ON_SQLITE
def test_a_script_shows_one_reply_and_links_to_the_others(sign_in: Enter, published: None) -> None:
    client = sign_in()
    first = client.get("/scripts/refund-steps")
    german = client.get("/scripts/refund-steps/de")

    assert "I have refunded" in text(first.text) and "erstattet" not in text(first.text)
    assert "Dear {name}, calm down." in text(first.text)
    assert "Telling people to calm down" in text(first.text)
    assert "Withdrawal" in text(first.text) and "Company policy and counsel decide" in text(first.text)
    assert "wir haben {amount} erstattet" in text(german.text)
    assert 'aria-current="page">German' in german.text
    [reply] = html.document_fromstring(first.text).xpath("//*[@id='reply-text']")
    assert reply.text_content() == "Hi {name},\nI have refunded {amount}."
    assert client.get("/scripts/refund-steps/xx").status_code == 404
    assert client.get("/scripts/nothing").status_code == 404


@ON_SQLITE
def test_a_market_counts_the_days_to_its_holidays_from_there(
    sign_in: Enter, published: None, clock: Clock
) -> None:
    """It is still Thursday here and Friday in Berlin."""
    clock.now = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    client = sign_in()

    market = text(client.get("/markets/de").text)
    assert "Friday 27 November" in market
    assert "Nov 27, 2026 Black Friday now" in market, "a name that is the same in the market is said once"
    assert "Dec 25, 2026 – Dec 26, 2026 Christmas Weihnachten 28" in market
    assert "Mar 26, 2027 Good Friday Karfreitag 119" in market
    assert "Mar 10, 2027 The fair Messe 103" in market
    assert "An old rule UK Expired Unverified" in market
    assert "Withdrawal EU Fourteen days." in market
    assert "Today: Black Friday" in text(client.get("/markets").text)
    assert client.get("/markets/nothing").status_code == 404


@ON_SQLITE
def test_the_pages_ask_the_database_little(
    sign_in: Enter, published: None, count_queries: Callable[[], int]
) -> None:
    client = sign_in()
    for path in ("/glossary", "/glossary/tracking", "/scripts", "/scripts/refund-steps", "/markets/de"):
        client.get(path)
        count_queries()
        client.get(path)

        assert count_queries() <= 5, path


@ON_SQLITE
def test_a_lesson_links_its_terms(sign_in: Enter, parts: Parts) -> None:
    course = practice_course()
    [module] = course.modules
    [lesson] = module.lessons
    words = {"en": "<p>The tracking number, and tracking.</p>", "zh-CN": "<p>看运单号和运单。</p>"}
    steps = {
        lang: (Step("One", (Html(html), *lesson.steps[lang][0].blocks)),) for lang, html in words.items()
    }
    lesson = replace(lesson, steps=steps)
    course = replace(course, modules=(replace(module, lessons=(lesson,)),), shelf=shelf())
    with parts.database.writing(seconds=60) as session:
        authoring.import_course(session, course, now=parts.now())
    shown = {}
    for lang in ("en", "zh-CN"):
        client = sign_in(language=lang)
        client.post(f"/courses/{SLUG}/start")
        shown[lang] = client.get(f"/courses/{SLUG}/lessons/first").text

    number, tracking = "/glossary/tracking-number", "/glossary/tracking"
    assert f'<a class="term" href="{number}">tracking number</a>, and <a' in shown["en"]
    assert (
        f'<a class="term" href="{number}">运单号</a>和<a class="term" href="{tracking}">运单'
        in shown["zh-CN"]
    )
