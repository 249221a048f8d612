"""Markdown to lesson HTML: what comes through, and that no attack does."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.markdown import (
    clean_html,
    own_language_text,
    plain_heading,
    render_inline,
    render_markdown,
    with_media_base,
)

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](//evil.test)",
    "[x](http://evil.test)",
    "[x](/admin)",
    "![x](https://evil.test/track.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](media/../../secret.svg)",
    "![x](media/a.svg?x=1)",
    '![x](media/a.svg "t\\" onload=alert(1)")',
    '[words]{lang=de onclick="alert(1)"}',
    '[words]{.emo style="position:fixed"}',
    '[words]{lang="de\\" onmouseover=alert(1)"}',
    "[words]{.btn}",
    "<style>body{display:none}</style>",
    "<div style='position:fixed'>x</div>",
    "<form action=https://evil.test><input name=password></form>",
    "<math><mtext></p><img src=x onerror=alert(1)></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<base href=https://evil.test>",
    "<meta http-equiv=refresh content='0;url=https://evil.test'>",
    "`<script>`",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
TAGS = {
    *("p", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "hr", "div", "section"),
    *("strong", "em", "code", "br", "a", "img", "span", "mark"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"lang", "href", "rel", "src", "alt", "start", "class", "id", "aria-labelledby", "aria-hidden"}


class Witness(HTMLParser):
    """Fails at the first tag, attribute or address that a lesson may not hold."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        for name, value in attrs:
            assert name in ATTRIBUTES
            if name == "href":
                assert (value or "").lower().startswith(("https://", "mailto:"))
            if name == "src":
                assert (value or "").startswith("media/")
                assert ".." not in (value or "")

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"comment {data!r}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"declaration {decl!r}")


def assert_harmless(html: str) -> None:
    witness = Witness()
    witness.feed(html)
    witness.close()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_attack_survives_markdown(payload: str) -> None:
    assert_harmless(clean_html(render_markdown(payload).html))
    assert_harmless(clean_html(render_inline(payload).html))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_attack_survives_cleaning(payload: str) -> None:
    assert_harmless(clean_html(payload))
    assert_harmless(clean_html(f"<p class='{payload}' lang='{payload}' id='{payload}'>{payload}</p>"))


@given(st.text(alphabet=st.sampled_from("<>&\"'=/:;!-[](){}.#*_`|\\ \nabjscriptonmedia"), max_size=200))
def test_whatever_is_written_comes_out_harmless_and_stays_as_it_is(source: str) -> None:
    once = clean_html(render_markdown(source).html)

    assert_harmless(once)
    assert clean_html(once) == once


@given(
    st.lists(
        st.sampled_from([*PAYLOADS, "[a](https://b.test)", "![a](media/a.svg)", "**", "\n\n"]), max_size=6
    )
)
def test_mixed_attacks_come_out_harmless_and_stay_as_they_are(parts: list[str]) -> None:
    once = clean_html("".join(parts))

    assert_harmless(once)
    assert clean_html(once) == once


def test_foreign_words_are_marked_with_their_language() -> None:
    html = clean_html(render_inline("Say [Guten Tag]{lang=de}.").html)

    assert html == 'Say <span lang="de">Guten Tag</span>.'


def test_a_fault_in_a_reply_can_be_highlighted() -> None:
    html = clean_html(render_inline("[calm down]{.emo}").html)

    assert html == '<mark class="span span-emo">calm down</mark>'


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a\n\n![](media/a.svg)", "3: picture `media/a.svg` has no alternative text"),
        ("a\n![x](https://a.test/b.png)", "2: picture `https://a.test/b.png` is not of the form"),
        ("[x](http://a.test)", "1: link `http://a.test` does not begin with https://"),
        ("a\n\n## b", "3: only `###` and `####` headings"),
        ("[x]{.big}", "1: highlight `big` is none of"),
        ("[x]{lang=deutsch1}", "1: `deutsch1` is not a language tag"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(source: str, message: str) -> None:
    faults = [f"{fault.line}: {fault.message}" for fault in render_markdown(source).faults]

    assert len(faults) == 1
    assert faults[0].startswith(message)


def test_a_wrapped_chinese_line_gets_no_space_and_an_english_one_does() -> None:
    assert clean_html(render_inline("先确认，\n再解决").html) == "先确认，再解决"
    assert clean_html(render_inline("confirm\nsolve").html) == "confirm\nsolve"


def test_a_heading_is_plain_text() -> None:
    assert plain_heading("**Two** `replies` & more") == "Two replies & more"


def test_pictures_are_taken_from_where_they_are_served() -> None:
    html = clean_html(render_markdown('![a > "b"](media/a.svg) and `src="media/x"`').html)

    assert with_media_base(html, "/courses/x/").count("/courses/x/media/") == 1
    assert 'src="/courses/x/media/a.svg"' in with_media_base(html, "/courses/x/")
    assert with_media_base(html, "") == html


def test_only_text_in_the_page_s_own_language_counts() -> None:
    html = (
        '<p>One <span lang="de">zwei</span> three<br>four</p>'
        '<blockquote lang="de">fünf<span lang="en">six</span></blockquote>'
    )

    assert own_language_text(html, "en") == "One three four six"
