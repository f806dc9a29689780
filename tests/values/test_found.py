"""Links and addresses in free text: all of them, or nothing is known."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from policy_engine.values.emails import email
from policy_engine.values.found import emails_of, links_of
from policy_engine.values.urls import url
from tests.pace import takes_less


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("nothing here", []),
        ("see https://a.example/x, and then", ["https://a.example/x"]),
        ("(see http://A.example:80/y).", ["http://a.example/y"]),
        ("twice https://a.example https://a.example/", ["https://a.example/"]),
        ("[t](https://a.example/a_(b)) too", ["https://a.example/a_(b)"]),
        (
            "[a](https://a.example)[b](https://b.example)",
            ["https://a.example/", "https://b.example/"],
        ),
        ('<a href="https://a.example/x">t</a>', ["https://a.example/x"]),
        ("<ftp://a.example> 'wss://b.example/s'", ["ftp://a.example/", "wss://b.example/s"]),
        ("“https://a.example”, «https://b.example»", ["https://a.example/", "https://b.example/"]),
        ("**https://a.example** `https://b.example`", ["https://a.example/", "https://b.example/"]),
        ("go to www.a.example!", ["https://www.a.example/"]),
        ("见www.a.example，", ["https://www.a.example/"]),
        ("见https://a.example。", ["https://a.example/"]),
        ("xhttps://a.example", ["xhttps://a.example/"]),
        ("https://a.example/?u=https://b.example", ["https://a.example/?u=https://b.example"]),
        ("https://[::1]:8080/x", ["https://[::1]:8080/x"]),
        ("the http:// prefix, the http: protocol, ://x", []),
        ("bob@www.a.example and x.www.a.example", []),
        ("slack://channel/x", ["slack://channel/x"]),
    ],
)
def test_links(text: str, links: list[str]) -> None:
    assert links_of(text) == tuple(links)


@pytest.mark.parametrize(
    "text",
    [
        *("https://user@a.example", "https://good.example@evil.example", "http://127.1/x"),
        *("http://2130706433", "https://\u0430cme.example", "https://good.example。evil.example"),
        *("https://good.example\u200b.evil.example", "https://good.example).evil.example"),
        *("https://good.example,).evil.example", "https://)evil.example", "https:///evil.example"),
        *("https://good.example\\@evil.example", "https:/evil.example", "https:\\\\evil.example"),
        *("https:evil.example", "HTTPS:\u0435vil.example", "http:\\/evil.example"),
        *("![x](//evil.example/?q=1)", '<img src="//evil.example">', "[x]: //evil.example"),
        *("[x](\\\\evil.example)", "<a href = //evil.example>", "x://https://evil.example"),
        *("https://https://evil.example", "www.\u0430cme.example", "www.a.example:x"),
        *("file:///etc/passwd", "postgres://u:p@h.example/db", "https://a.example/../.."),
        f"https://a.example/{'a' * 10_000}",
        "https://a.example " * 10_001,
    ],
)
def test_what_looks_like_a_link_is_not_passed_over(text: str) -> None:
    assert links_of(f"well, {text} it is") is None


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("nobody", []),
        (
            "a@b.example, <Bob@B.Example>; c@b.example.",
            ["a@b.example", "Bob@b.example", "c@b.example"],
        ),
        ("a@b.example a@B.example", ["a@b.example"]),
        ("mailto:a@b.example?subject=x", ["a@b.example"]),
        (
            "'a@b.example' \"c@b.example\" `d@b.example`",
            ["a@b.example", "c@b.example", "d@b.example"],
        ),
        ("**a@b.example** (c@b.example)", ["a@b.example", "c@b.example"]),
        ("to=a@b.example", ["to=a@b.example", "a@b.example"]),
        ("https://u@a.example/", ["u@a.example"]),
        ("...a@b.example", ["a@b.example"]),
        ("a@b.example。", ["a@b.example"]),
        ("lodash@4.17.21, @types/node, @who, @foo.bar, me@localhost, a @ b.c", []),
        ("***@b.example", ["***@b.example"]),
    ],
)
def test_addresses(text: str, addresses: list[str]) -> None:
    assert emails_of(text) == tuple(addresses)


@pytest.mark.parametrize(
    "text",
    [
        *("é@b.example", "josé@b.example", "éa@b.example", "a@\u0430.example", "a@b.ex\u0430mple"),
        *("a@b。evil.example", "a@b.example．evil", "a@b.example\u200b.evil", '"a b"@c.example'),
        *("a@[1.2.3.4]", "a@1.2.3.4", "a@b.example@c.example", "a..b@c.example", "a(x)@c.example"),
        *(f"{'a' * 65}@b.example", f"a@{'b.' * 200}example", "a.@b.example"),
        "a@b.example " * 10_001,
    ],
)
def test_what_looks_like_an_address_is_not_passed_over(text: str) -> None:
    assert emails_of(f"well, {text} it is") is None


PIECES = st.lists(
    st.sampled_from(
        ["https://", "www.", "a.example", "/", "(", ")", "[", "](", "@", ".", ",", " ", "é", "\\"]
    )
)


@given(st.text(max_size=30) | PIECES.map("".join))
def test_what_is_found_is_normal(text: str) -> None:
    assert all(url(link) == link for link in links_of(text) or ())
    assert all(email(address) == address for address in emails_of(text) or ())


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            "@",
            "@a ",
            "a@a ",
            "a.b@",
            "a@b.c ",
            "'",
            "(@a.b ",
            "://",
            "a://b)[",
            "(",
            "https:",
        ),
        *("](", "](  ", "www.a ", " https://a.example/", "http://x ", "src=", "ws:\\", "x.", "é"),
        *(f"https://a{')' * 9000} ", f"https://a{'(' * 9000} ", "https://a/" + "%41" * 3000 + " "),
    ],
)
def test_a_megabyte_takes_linear_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    takes_less(5, lambda: (links_of(text), emails_of(text)))
