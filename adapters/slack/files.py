"""Fetching what people sent. The bot's token goes to Slack's own hosts and nowhere else."""

from __future__ import annotations

import aiohttp
from yarl import URL

from bridge.domain import phrases
from bridge.domain.errors import PlatformError, PlatformFault

_REDIRECTS = 4
_CHUNK = 64 * 1024  # bytes


class Files:
    """`api_base_url` counts as Slack's own, so that the bridge can be pointed at another server."""

    def __init__(self, session: aiohttp.ClientSession, token: str, api_base_url: str) -> None:
        self._session = session
        self._token = token
        self._api = URL(api_base_url)

    async def fetch(self, address: str, limit: int, *, expects_html: bool = False) -> bytes:
        """At most `limit` bytes. Raises PlatformError; permanent if the file is larger, gone or not ours to read."""
        url = self._checked(_parsed(address), None)
        for _ in range(_REDIRECTS):
            async with self._session.get(url, headers=self._headers(url), allow_redirects=False) as response:
                if response.status in (301, 302, 303, 307, 308) and "Location" in response.headers:
                    url = self._checked(url.join(_parsed(response.headers["Location"])), url)
                    continue
                _check(response, expects_html=expects_html)
                return await _read(response, limit)
        raise _refused("Slack redirects a file in circles.")

    def _headers(self, url: URL) -> dict[str, str]:
        """The address comes from a message: a token sent wherever it points would be given away."""
        return {"Authorization": f"Bearer {self._token}"} if self._is_slack(url) else {}

    def _checked(self, url: URL, before: URL | None) -> URL:
        """Slack's own hosts; redirects may lead on, but only over https."""
        if self._is_slack(url) or (before is not None and url.scheme == "https"):
            return url
        raise _refused("it is not kept in Slack, so I cannot fetch it.", PlatformFault.UNAUTHORISED)

    def _is_slack(self, url: URL) -> bool:
        host = url.host or ""
        if url.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com")):
            return True
        return url.absolute and bool(url.scheme) and url.origin() == self._api.origin()


def _parsed(address: str) -> URL:
    try:
        return URL(address)
    except ValueError as error:
        raise _refused("its address leads nowhere.") from error


def _check(response: aiohttp.ClientResponse, *, expects_html: bool) -> None:
    if response.status in (403, 404, 410):
        raise _refused("the file is gone from Slack.", PlatformFault.GONE)
    if response.status == 429 or response.status >= 500:
        raise PlatformError(
            f"Slack answered a download with HTTP {response.status}.",
            fault=PlatformFault.UNREACHABLE,
            permanent=False,
        )
    if response.status != 200:
        raise _refused(f"Slack answered a download with HTTP {response.status}.")
    if response.content_type == "text/html" and not expects_html:
        # What comes with the wrong token, or without files:read, is the login page.
        raise _refused(
            "Slack sent its login page instead of the file: the scope files:read is missing.",
            PlatformFault.UNAUTHORISED,
        )


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    if response.content_length is not None and response.content_length > limit:
        raise _too_large(limit)
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        content += chunk
        if len(content) > limit:
            raise _too_large(limit)
    return bytes(content)


def _too_large(limit: int) -> PlatformError:
    return _refused(phrases.file_too_large(limit))


def _refused(sentence: str, fault: PlatformFault = PlatformFault.REFUSED) -> PlatformError:
    return PlatformError(sentence, fault=fault, permanent=True)
