"""The body of a lesson: steps and directives."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.course import Html, Interaction
from courses.lesson import Body, read_body


def read(source: str) -> Body:
    return read_body(source, lang="en", prefix="lesson-1")


def html(source: str) -> str:
    body = read(f"## Step\n\n{source}")
    assert not body.faults, body.faults
    return "".join(block.html for block in body.steps[0].blocks if isinstance(block, Html))


def test_each_second_heading_starts_a_step() -> None:
    body = read("## One\n\ntext\n\n## **Two**\n\n- a\n- b\n")

    assert [step.heading for step in body.steps] == ["One", "Two"]
    assert body.steps[0].blocks == (Html("<p>text</p>"),)


def test_a_heading_inside_a_code_fence_starts_no_step() -> None:
    body = read("## One\n\n```\n## not a step\n:::note\n```\n")

    assert len(body.steps) == 1
    assert not body.faults


def test_an_interaction_parts_the_html_around_it() -> None:
    body = read("## One\n\nbefore\n\n:::interaction item-1\n:::\n\nafter\n")

    assert body.steps[0].blocks == (Html("<p>before</p>"), Interaction("item-1"), Html("<p>after</p>"))
    assert body.interactions == ((5, "item-1"),)


def test_an_example_with_a_speaker_is_a_turn_of_talk() -> None:
    made = html(
        ":::example\nwho: Herr Krüger · Hamburg\nlang: de\n\nIch warte.\n\ngloss: I am **waiting**.\n:::"
    )

    assert made == (
        '<div class="turn"><span class="avatar avatar-buyer" aria-hidden="true">K</span>'
        '<p class="turn-who">Herr Krüger · Hamburg</p><blockquote class="bubble" lang="de">Ich warte.'
        '<span class="gloss" lang="en">I am <strong>waiting</strong>.</span></blockquote></div>'
    )


def test_an_example_without_a_speaker_is_a_quotation() -> None:
    assert html(":::example\nWords.\n:::") == '<blockquote class="quote">Words.</blockquote>'


def test_a_comparison_puts_the_bad_reply_beside_the_good_one() -> None:
    made = html(
        ":::compare\nbad: Worse & worse\nlang: de\n\nNein.\n\nwhy:\n- curt\n===\n"
        "good: Better\n\nYes.\n\nGladly.\n\nwhy:\n- kind\n- long\n  enough\n:::"
    )

    assert made.startswith(
        '<div class="compare"><section class="reply reply-bad" aria-labelledby="lesson-1-compare-1-bad">'
        '<h3 class="reply-head" id="lesson-1-compare-1-bad">'
    )
    assert "<span>Worse &amp; worse</span></h3>" in made
    assert '<p class="reply-text" lang="de">Nein.</p>' in made
    assert '<div class="reply-text"><p>Yes.</p>\n<p>Gladly.</p></div>' in made
    assert made.count("<li>") == 3
    assert "<span>long\nenough</span>" in made


def test_a_note_is_an_accent_unless_its_kind_is_named() -> None:
    assert html(":::note\nText.\n:::") == '<div class="note note-accent"><div><p>Text.</p>\n</div></div>'
    assert 'class="note note-warning"' in html(":::note warning\nText.\n:::")


def test_takeaways_are_three_numbered_lines() -> None:
    made = html(":::takeaways\n- a\n- b\n- c\n:::")

    assert made == (
        '<ol class="takeaways card"><li><span>a</span></li>'
        "<li><span>b</span></li><li><span>c</span></li></ol>"
    )


def test_labels_and_names_are_escaped() -> None:
    made = html(":::example\nwho: <b onclick=x>Eve</b>\n\nText.\n:::")

    assert "<b " not in made
    assert "&lt;b onclick=x&gt;Eve" in made


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("text\n\n## One\n\na", "1: text before the first `## ` heading"),
        ("## One\n\n# Title\n\na", "3: a lesson has no `#` heading"),
        ("## One\n", "1: this step is empty"),
        ("## One\n\n:::note\na", "3: `:::note` is never closed"),
        ("## One\n\na\n\n:::\n", "5: `:::` closes nothing"),
        ("## One\n\n:::note\na\n:::example\nb\n:::\n", "5: `:::note` of line 3 is not closed yet"),
        ("## One\n\n:::box\na\n:::\n", "3: `:::box` is none of"),
        ("## One\n\n:::note pink\na\n:::\n", "3: note `pink` is none of"),
        ("## One\n\na\n\n:::interaction\n:::\n", "5: `:::interaction` is followed by an item id"),
        ("## One\n\n:::interaction item-1\ntext\n:::\n", "4: `:::interaction` holds nothing"),
        ("## One\n\n:::takeaways\n- a\n- b\n:::\n", "3: `:::takeaways` holds a list of three lines, not 2"),
        ("## One\n\n:::takeaways\n- a\nb\n- c\n- d\n:::\n", "5: a line of this list begins with `- `"),
        ("## One\n\n:::compare\nbad: x\n\na\n\nwhy:\n- b\n:::\n", "3: `:::compare` has two replies"),
        (
            "## One\n\n:::compare\nbad: x\n\na\n\nwhy:\n- b\n===\nbad: y\n\na\n\nwhy:\n- b\n:::\n",
            "3: `:::compare` has one reply that begins `bad: label`",
        ),
        (
            "## One\n\n:::compare\nbad: x\n\na\n===\ngood: y\n\na\n\nwhy:\n- b\n:::\n",
            "4: the bad reply has no reasons",
        ),
        ("## One\n\n:::example\nlang: d!\n\na\n:::\n", "4: `d!` is not a language tag"),
        ("## One\n\n:::example\nlang: de\n:::\n", "3: there is no text here"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(source: str, message: str) -> None:
    faults = [f"{fault.line}: {fault.message}" for fault in read(source).faults]

    assert any(fault.startswith(message) for fault in faults), faults


@pytest.mark.parametrize(
    "line", ["## " + "#" * 50_000 + "x", ":::note" + " " * 50_000 + "x", "who:" + " " * 50_000]
)
def test_a_hostile_line_takes_no_time(line: str) -> None:
    started = time.perf_counter()

    read(f"## One\n\n:::example\n{line}\n:::\n\n{line}\n")

    assert time.perf_counter() - started < 2


LINES = st.sampled_from(
    [
        *("## One", "# x", "text", "", "---", "===", "```", "- a", "  b", "| a | b |", "|---|---|"),
        *(":::note", ":::example", ":::compare", ":::takeaways", ":::interaction a", ":::", ":::x y"),
        *(
            "bad: x",
            "good: y",
            "why:",
            "gloss: g",
            "who: W",
            "lang: de",
            "who:",
            "[x]{.emo}",
            "![a](media/a.svg)",
        ),
    ]
)


@given(st.lists(LINES, max_size=25).map("\n".join))
def test_any_order_of_directives_is_a_body_with_or_without_faults(source: str) -> None:
    lines = source.count("\n") + 1

    assert all(1 <= fault.line <= lines for fault in read(source).faults)


@given(st.text())
def test_any_text_is_a_body_with_or_without_faults(source: str) -> None:
    assert isinstance(read(source), Body)
