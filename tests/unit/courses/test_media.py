"""Pictures that a course may bring."""

from __future__ import annotations

import pytest

from courses.media import MAX_BYTES, media_faults

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'


def faults(inside: str) -> list[str]:
    return list(media_faults("a.svg", f"{OPEN}{inside}</svg>".encode()))


@pytest.mark.parametrize(
    "inside",
    [
        "<title>A map</title><path d='M0 0h1'/>",
        "<style>.a { fill: url(#b); filter: url( '#c' ) }</style>",
        "<use href='#a'/><use xlink:href='#a'/><rect fill='url(#a)'/>",
    ],
)
def test_a_drawing_that_keeps_to_itself_is_fine(inside: str) -> None:
    assert faults(inside) == []


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<rect onload='alert(1)'/>",
        "<rect ONLOAD='alert(1)'/>",
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
        "<a href='javascript:alert(1)'><rect/></a>",
        "<image xlink:href='https://evil.test/a.png'/>",
        "<use href='data:image/svg+xml;base64,PHN2Zz4='/>",
        "<style>@import 'https://evil.test/a.css';</style>",
        "<style>a{fill:url('https://evil.test/a')}</style>",
        "<rect style='fill:url(https://evil.test/a)'/>",
        "<set attributeName='href' to='javascript:alert(1)'/>",
        "<script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script>",
        "<unclosed>",
        "&undefined;",
    ],
)
def test_a_drawing_that_runs_or_fetches_something_is_refused(inside: str) -> None:
    assert faults(inside)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("A B.svg", b"<svg/>"),
        ("a.html", b"<p>"),
        ("a.png", b"GIF89a"),
        ("a.svg", b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>"),
        ("a.svg", b"<html/>"),
        ("a.svg", b"\xff\xfe<\x00s\x00"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"0" * MAX_BYTES),
    ],
)
def test_a_file_that_is_not_the_picture_it_says_is_refused(name: str, content: bytes) -> None:
    assert list(media_faults(name, content))
