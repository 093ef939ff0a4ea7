from __future__ import annotations

import pytest

from adapters.telegram.links import acceptable


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://example.com:8080/a?b=c#d",
        "https://[2001:db8::1]/x",
        "https://例子.中国/路径",
        "https://user@example.com/",
        "HTTPS://EXAMPLE.COM",
    ],
)
def test_addresses_telegram_takes(url: str) -> None:
    assert acceptable(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "CITE",
        "/docs/x",
        "//example.com/x",
        "example.com",
        "http://localhost:3000/x",
        "http://fastgpt:3000/x",
        "tel:+123",
        "mailto:a@b.cd",
        "ftp://example.com",
        "javascript:alert(1)",
        "tg://user?id=5",
        "https://exa mple.com",
        "https://example.com:99999",
        "https://example.com:0",
        "https://.",
        "https://" + "x" * 3000 + ".com",
        "http://[::1",
    ],
)
def test_addresses_that_would_cost_the_whole_message(url: str) -> None:
    assert not acceptable(url)
