from __future__ import annotations

import pytest

from bridge.fastgpt.addresses import api_base, web_url


@pytest.mark.parametrize(
    "pasted",
    [
        "https://f.example",
        "https://f.example/",
        "https://f.example/api",
        "https://f.example/api/",
        "https://f.example/api/v1",
        "https://f.example/api/v2/",
        "https://f.example/v1",
        "https://f.example/api/v1/chat/completions",
        "https://f.example/api/openapi",
        " f.example ",
        "https://f.example/api?x=1#y",
    ],
)
def test_however_the_address_was_pasted_the_api_is_found(pasted: str) -> None:
    assert api_base(pasted) == "https://f.example/api"


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000/api"),
        ("localhost:3000/api", "http://localhost:3000/api"),
        ("http://[::1]:3000/", "http://[::1]:3000/api"),
        ("https://host/fastgpt/api/v1", "https://host/fastgpt/api"),
        ("https://HOST", "https://host/api"),
    ],
)
def test_ports_paths_and_local_hosts_are_kept(pasted: str, base: str) -> None:
    assert api_base(pasted) == base


@pytest.mark.parametrize(
    "pasted", ["", "ftp://f", "https://", "https://u:secret@f", "https://f:x", "https://f f", "http://f:99999"]
)
def test_what_is_no_address_is_refused_without_repeating_it(pasted: str) -> None:
    with pytest.raises(ValueError) as caught:
        api_base(pasted)
    assert "secret" not in str(caught.value)


def test_pages_are_at_the_origin() -> None:
    assert web_url("https://f.example/fastgpt/api") == "https://f.example"
