"""Which addresses Telegram accepts in a `text_link`, and in the `url` of a button.

One bad address refuses the whole message ("Entity URL '…' is invalid"): TDLib's `check_link` wants a host with a dot in
it, so relative links, `localhost` and container host names fail (tdlib/td, LinkManager.cpp and HttpUrl.cpp). `tg:`
links are left out on purpose: `tg://user?id=` would let an answer ping a person.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_HOST = re.compile(r"(?:[a-z0-9_!$,~*'();&+=.-]|%[0-9a-f]{2}|[^\x00-\xa0])+", re.IGNORECASE)
LONGEST = 2048  # characters; longer ones exist only by mistake


def acceptable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or len(url) > LONGEST or any(char.isspace() for char in url):
        return False
    if port == 0 or "\\" in parts.netloc:
        return False
    if ":" in host:
        return True  # urlsplit lets only bracketed IPv6 through here
    return "." in host.strip(".") and _HOST.fullmatch(host) is not None
