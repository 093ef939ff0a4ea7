"""What people sent, as it comes over the wire."""

from __future__ import annotations

import gzip
import tracemalloc

import aiohttp
import pytest
from aiohttp import web

from adapters.slack.files import Files
from bridge.domain import phrases
from bridge.domain.errors import PlatformError

MB = 2**20


@pytest.mark.parametrize(
    "address", ["", "//files.slack.com/a.txt", "http://[", "file:///etc/passwd", "https://slack.com:99999/"]
)
async def test_an_address_that_leads_nowhere_is_refused_for_good(address: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(PlatformError) as refused:
            await Files(session, "xoxb-token", "https://slack.com/api/").fetch(address, MB)
    assert refused.value.permanent


async def test_a_transfer_that_swells_is_given_up_at_the_limit() -> None:
    """300 MB of zeros are 300 kB on the wire."""
    swelling = gzip.compress(bytes(MB)) * 300

    async def file(_: web.Request) -> web.Response:
        return web.Response(body=swelling, headers={"Content-Encoding": "gzip"}, content_type="application/zip")

    app = web.Application()
    app.router.add_get("/bomb.zip", file)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        async with aiohttp.ClientSession() as session:
            tracemalloc.start()
            with pytest.raises(PlatformError, match=phrases.file_too_large(2 * MB)):
                await Files(session, "xoxb-token", base).fetch(f"{base}bomb.zip", 2 * MB)
            assert tracemalloc.get_traced_memory()[1] < 150 * MB
    finally:
        tracemalloc.stop()
        await runner.cleanup()
