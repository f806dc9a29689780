"""Addresses in their one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from policy_engine.values.emails import domain_of, email, local_of


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("jane@acme.example", "jane@acme.example"),
        ("Jane.Doe+x@ACME.Example", "Jane.Doe+x@acme.example"),
        ("o'neil@acme.example", "o'neil@acme.example"),
        ("a@xn--e1afmkfd.example.", "a@xn--e1afmkfd.example"),
    ],
)
def test_an_address_has_one_spelling(text: str, normal: str) -> None:
    assert email(text) == normal
    assert f"{local_of(normal)}@{domain_of(normal)}" == normal


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "a@", "@a.example", "a@b", "a@b@c.example", "a.@b.example", ".a@b.example"),
        *("a..b@c.example", '"a b"@c.example', "a(b)@c.example", "Jane <jane@acme.example>"),
        *("jane@acme.example, x@y.example", " a@b.example", "a@b.example\n", "a@b .example"),
        *("é@b.example", "a@\u0430.example", "a@b。example", "a@1.2.3.4", "a@[1.2.3.4]", "a@[::1]"),
        *("a@127.1", f"{'a' * 65}@b.example", f"a@{'b.' * 126}example", "\ud800@b.example"),
        "mailto:a@b.example",
    ],
)
def test_what_is_no_address(text: str) -> None:
    assert email(text) is None


@given(st.text("aA.@-_+é 1", max_size=12) | st.text(max_size=12))
def test_normal_addresses_stay(text: str) -> None:
    for candidate in (text, f"{text}@b.example", f"a@{text}"):
        normal = email(candidate)
        assert normal is None or email(normal) == normal
