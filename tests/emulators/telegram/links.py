"""Which URLs Telegram accepts behind a text link or a button.

TDLib's rule (`LinkManager::check_link`, `HttpUrl::parse_url`): http, https, ton, tonsite or tg, and for web links a
host with a dot in it. A missing scheme counts as http, so that a citation id or a docker host name is a host without a
dot.
"""

from __future__ import annotations

import re

_SCHEME = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*)://(.*)$", re.DOTALL)
_HOST = re.compile(r"^[\w.~!$&'()*+,;=%-]+$")


def objection(url: str) -> str | None:
    """Why Telegram refuses the URL, None if it accepts it."""
    match = _SCHEME.match(url.strip())
    scheme, rest = (match[1].lower(), match[2]) if match else ("http", url.strip())
    if scheme in ("tg", "ton", "tonsite"):
        return None if rest else "URL host is empty"
    if scheme not in ("http", "https"):
        return "Unsupported URL protocol"
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return _authority_objection(authority.rpartition("@")[2])


def _authority_objection(authority: str) -> str | None:
    if authority.startswith("["):
        return None if re.fullmatch(r"\[[0-9a-fA-F:.]+\](:\d{1,5})?", authority) else "Wrong IPv6 address"
    host, colon, port = authority.partition(":")
    if colon and not (port.isdigit() and 0 < int(port) < 65536):
        return "Wrong port number specified in the URL"
    if not host:
        return "URL host is empty"
    if not _HOST.match(host) or re.search(r"%(?![0-9a-fA-F]{2})", host):
        return "Disallowed character in URL host"
    return None if "." in host else "Wrong HTTP URL"
