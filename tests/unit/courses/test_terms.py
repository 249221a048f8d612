"""Terms linked in lessons: whole words, the longest, once, and never where a link would be in the way."""

from __future__ import annotations

import pytest

from courses.glossary import Term, Topic, find_terms, folded
from courses.markdown import clean_html
from courses.terms import TermLinker

LANGUAGES = ("zh-CN", "en", "ja", "de", "es", "fr")


def term(id: str, en: str, zh: str, **also: list[str]) -> Term:
    words = dict.fromkeys(LANGUAGES, id) | {"en": en, "zh-CN": zh}
    more = {lang.removeprefix("also_").replace("_", "-"): tuple(given) for lang, given in also.items()}
    return Term(id, Topic.SERVICE, words, words, {}, more, {"zh-CN": "x", "en": "x"})


TERMS = [
    term("refund", "refund", "退款"),
    term("partial", "partial refund", "部分退款"),
    term("cod", "COD", "货到付款", also_en=["cash on delivery"]),
    term("rma", "R&A", "退"),
    term("return", "return label", "退货标签", also_zh_CN=["SKU"]),
]


def linked(lang: str, *texts: str) -> str:
    linker = TermLinker(TERMS, lang=lang, base="/g/")
    found = "|".join(linker.link(texts))
    return found.replace('<a class="term" href="/g/', "[").replace('">', "]").replace("</a>", "^")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A refund.", "A [refund]refund^."),
        ("A Refund, a refund.", "A [refund]Refund^, a refund."),
        ("Two refunds.", "Two [refund]refunds^."),
        ("Refundable, prerefund, re-refund.", "Refundable, prerefund, re-refund."),
        ("A partial\n refund, a refund", "A [partial]partial\n refund^, a [refund]refund^"),
        ("A cod is a fish, COD is not.", "A cod is a fish, [cod]COD^ is not."),
        ("Cash on delivery", "[cod]Cash on delivery^"),
        ("R&amp;A", "[rma]R&amp;A^"),
        ("<h3>Refund</h3><p>refund</p>", "<h3>Refund</h3><p>[refund]refund^</p>"),
        ("<code>refund</code> <pre>refund</pre>", "<code>refund</code> <pre>refund</pre>"),
        ("<strong>refund</strong>", "<strong>[refund]refund^</strong>"),
    ],
)
def test_english_words_are_linked_whole_and_once(text: str, expected: str) -> None:
    assert linked("en", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("先部分退款再退款", "先[partial]部分退款^再[refund]退款^"),
        ("退", "退"),  # one character stands in too many words
        ("看 SKU 和 SKUS", "看 [return]SKU^ 和 SKUS"),
        ("货到付款", "[cod]货到付款^"),
    ],
)
def test_in_chinese_the_longest_word_is_linked(text: str, expected: str) -> None:
    assert linked("zh-CN", text) == expected


def test_foreign_words_and_links_are_left_alone() -> None:
    html = (
        '<p><span lang="de">refund</span> <a href="https://x.example/refund" title="refund">refund</a> '
        '<img src="media/refund.svg" alt="refund"></p><blockquote lang="de">refund'
        '<span class="gloss" lang="en">refund</span></blockquote>'
    )

    assert linked("en", html).count("[refund]") == 1
    assert linked("en", html).endswith("[refund]refund^</span></blockquote>")


def test_each_term_is_linked_once_a_lesson() -> None:
    assert linked("en", "<p>refund</p>", "<p>refund, COD</p>") == (
        "<p>[refund]refund^</p>|<p>refund, [cod]COD^</p>"
    )


def test_without_terms_nothing_changes() -> None:
    assert TermLinker([], lang="en", base="/g/").link(["<p>refund</p>"]) == ("<p>refund</p>",)


def test_only_words_are_changed() -> None:
    """What is linked, and then cleaned of links, is what it was."""
    html = clean_html('<ul><li>A refund <mark class="span span-emo">for</mark> 5 &lt; 6 &amp; COD</li></ul>')
    [found] = TermLinker(TERMS, lang="en", base="/g/").link([html])

    assert found != html
    assert (
        found.replace('<a class="term" href="/g/refund">', "")
        .replace('<a class="term" href="/g/cod">', "")
        .replace("</a>", "")
        == html
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("facturación", "FACTURACION"),
        ("Straße", "strasse"),
        ("ﾄﾗｯｷﾝｸﾞ", "トラッキング"),
        ("トラッキング", "とらっきんぐ"),
        ("e-mail", "Email"),
        ("ＳＫＵ", "sku"),
        ("numéro de suivi", "numero  de suivi"),
    ],
)
def test_spellings_that_mean_the_same_meet(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("は", "ぱ"), ("退款", "退货")])
def test_spellings_that_differ_do_not_meet(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_a_search_without_letters_finds_all() -> None:
    assert find_terms(TERMS, "…") == TERMS
