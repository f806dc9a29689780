"""URLs and hosts in their one spelling; what two programs could read differently is none."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from policy_engine.values.urls import host, parts, url


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("https://acme.example", "https://acme.example/"),
        ("HTTPS://ACME.Example:443/A", "https://acme.example/A"),
        ("http://acme.example:0080/", "http://acme.example/"),
        ("http://acme.example:/", "http://acme.example/"),
        ("http://acme.example:443/", "http://acme.example:443/"),
        ("wss://acme.example:443/s?x=1#y", "wss://acme.example/s?x=1#y"),
        ("ftp://acme.example:21/f", "ftp://acme.example/f"),
        ("s3://bucket_1/key", "s3://bucket_1/key"),
        ("https://acme.example./x", "https://acme.example/x"),
        ("https://acme.example?q", "https://acme.example/?q"),
        ("https://acme.example/a/./b/../c", "https://acme.example/a/c"),
        ("https://acme.example/a/..", "https://acme.example/"),
        ("https://acme.example/a/%2E%2e/b", "https://acme.example/b"),
        ("https://acme.example/%7euser/%2f?%c3%a9", "https://acme.example/~user/%2F?%C3%A9"),
        ("https://acme.example/%252e%252e/", "https://acme.example/%252e%252e/"),
        ("https://acme.example//x", "https://acme.example//x"),
        ("https://acme.example/?filter[a]=1", "https://acme.example/?filter[a]=1"),
        ("https://127.0.0.1/", "https://127.0.0.1/"),
        ("https://[2001:DB8::0:1]:8443/", "https://[2001:db8::1]:8443/"),
        ("https://xn--e1afmkfd.example/", "https://xn--e1afmkfd.example/"),
    ],
)
def test_a_url_has_one_spelling(text: str, normal: str) -> None:
    assert url(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "acme.example",
            "/x",
            "//acme.example/x",
            "https:acme.example",
            "https:/acme.example",
        ),
        *("https:///acme.example", "https://", "https://?", "file:///etc/passwd", "mailto:a@b.c"),
        *("javascript:alert(1)", "1http://a.example", "https://user@a.example/"),
        *("https://good.example@evil.example/", "https://good.example:80@evil.example/"),
        *("https://good.example\\@evil.example", "https://good.example\\.evil.example/"),
        *(
            "https://a.example/ b",
            " https://a.example",
            "https://a.example\n",
            "https://a\t.example",
        ),
        *("https://\u0430cme.example/", "https://acme。example/", "https://a.example/é"),
        *("https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/"),
        *("https://127.0.0.0x1/", "https://127.0.0.1.2/", "https://256.0.0.1/", "https://0x/"),
        *("https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[fe80::1%25eth0]/"),
        *("https://[::1", "https://::1/", "https://[127.0.0.1]/", "https://[]/"),
        *("https://a.example:65536/", "https://a.example:-1/", "https://a.example:8x/"),
        *("https://a..example/", "https://.a.example/", "https://-a.example/", "https://a%2eb/"),
        *(f"https://{'a' * 64}.example/", f"https://{'a.' * 130}example/"),
        *(
            "https://a.example/%",
            "https://a.example/%4",
            "https://a.example/%zz",
            "https://a.e/%%41",
        ),
        *("https://a.example/..", "https://a.example/a/../../b", "https://a.example/%2e%2E/"),
        *('https://a.example/"x', "https://a.example/<x>", "https://a.example/a|b", "\ud800"),
        "https://a.example/x#y#z",
    ],
)
def test_what_is_no_url(text: str) -> None:
    assert url(text) is None


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("WWW.Acme.Example.", "www.acme.example"),
        ("localhost", "localhost"),
        ("my_host-1", "my_host-1"),
        ("10.0.0.1", "10.0.0.1"),
        ("[::1]", "::1"),
        ("0:0::1", "::1"),
        ("1.example", "1.example"),
    ],
)
def test_a_host_has_one_spelling(text: str, normal: str) -> None:
    assert host(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            ".",
            "a..b",
            "a.example..",
            "a b",
            "a/b",
            "a:80",
            "[::1",
            "::1]",
            "a@b",
            "ａ.example",
        ),
        *("127.1", "1", "0x1", "01.2.3.4", "1.2.3", "-a", "a-", "a\n", "::1%1", "\ud800"),
        *("a" * 64, "a." * 200, "::ffff:1.2.3.4"),
    ],
)
def test_what_is_no_host(text: str) -> None:
    assert host(text) is None


CHARACTERS = st.text("aA0.:/?#%[]@-_~x2e41\\ é", max_size=20)


@given(CHARACTERS | st.text(max_size=20))
def test_normal_ones_stay(text: str) -> None:
    for candidate in (text, f"https://{text}", f"http://a.example/{text}"):
        normal = url(candidate)
        assert normal is None or url(normal) == normal
    place = host(text)
    assert place is None or host(place) == place
    assert place is None or url(f"x://[{place}]" if ":" in place else f"x://{place}") is not None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://a.example/x?y", ("https", "a.example", 443, "/x")),
        ("http://[::1]:81/", ("http", "::1", 81, "/")),
        ("ssh://a.example/", ("ssh", "a.example", None, "/")),
        ("ssh://a.example:0/", ("ssh", "a.example", 0, "/")),
        ("no url", None),
    ],
)
def test_parts(text: str, wanted: tuple[object, ...] | None) -> None:
    assert parts(text) == wanted


@pytest.mark.parametrize("unit", ["a", "%41", "../", "a/../", "[", ":", "@", "a.", "?"])
def test_long_texts_take_linear_time(unit: str) -> None:
    url(f"https://a.example/{unit * 200_000}")
    url(unit * 200_000)
    host(unit * 200_000)
