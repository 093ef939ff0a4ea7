"""Where a FastGPT is, from whatever an operator pasted."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_TAIL = re.compile(r"(/(openapi|v\d+|chat|completions))*/*$")


def api_base(url: str) -> str:
    """`https://host/api`, from an address with or without `/api`, `/api/v1`, `/api/v1/chat/completions`, slashes.

    A path before `/api` is kept. An address without a scheme is `https`, but `http` on this machine. Raises ValueError
    with a sentence that does not repeat the address, which may hold a password.
    """
    text = url.strip()
    if "://" not in text:
        local = re.match(r"(localhost|127\.|0\.0\.0\.0|\[::1\]|host\.docker\.internal)", text)
        text = f"{'http' if local else 'https'}://{text}"
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise ValueError("it is not an http or https address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or any(sign.isspace() for sign in text):
        raise ValueError("it is not an http or https address")
    if parts.username or parts.password:
        raise ValueError("it must not hold a user name or password")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = _TAIL.sub("", parts.path)
    return f"{parts.scheme}://{host}{port}{path.removesuffix('/api').rstrip('/')}/api"


def web_url(base: str) -> str:
    """The server's own pages: what relative links in answers are relative to."""
    parts = urlsplit(api_base(base))
    return f"{parts.scheme}://{parts.netloc}"
