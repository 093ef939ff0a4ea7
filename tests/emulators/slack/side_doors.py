"""The HTTP addresses beside the Web API: response URLs, file downloads and uploads."""

from __future__ import annotations

import json
from copy import deepcopy

from aiohttp import web

from tests.emulators.slack import blocks as block_kit
from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.messages import Message
from tests.emulators.slack.methods.chat import show
from tests.emulators.slack.methods.content import Content
from tests.emulators.slack.response_urls import ResponseUrl
from tests.emulators.slack.trouble import Trouble, answered
from tests.emulators.slack.world import Call, World

LOGIN = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in to your workspace</body></html>"


class SideDoors:
    def __init__(self, world: World, trouble: Trouble) -> None:
        self._world = world
        self._trouble = trouble

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Source: docs.slack.dev, "Handling user interaction", on response_url."""
        try:
            body = json.loads(await request.read())
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        call = self._called("response_url", body)

        async def work() -> web.StreamResponse:
            return self._respond(call, request.match_info["secret"], body)

        return await self._trouble.around(self._world.faults.take("response_url", body), call, request, work)

    def _respond(self, call: Call, secret: str, body: Json) -> web.Response:
        try:
            url, error = self._world.response_urls.find(secret)
            if url is None:
                raise Refused(error)
            self._apply(url, body)
        except Refused as refused:
            return answered(call, refused, 404 if refused.error.endswith("_url") else 400)
        url.left -= 1
        call.status, call.answer = 200, {"ok": True}
        return web.json_response(call.answer)

    def _called(self, name: str, params: Json) -> Call:
        call = Call(name, params, self._world.clock.now())
        self._world.calls.append(call)
        return call

    def _apply(self, url: ResponseUrl, body: Json) -> None:
        original = self._world.messages.find(url.channel, url.message_ts) if url.message_ts else None
        if body.get("delete_original"):
            if original is None:
                raise Refused("message_not_found")
            self._world.remove(original)
            return
        said = _said(body)
        if body.get("replace_original"):
            if original is None:
                raise Refused("message_not_found")
            self._replace(original, said)
        else:
            self._post(url, body, said)

    def _replace(self, original: Message, said: Content) -> None:
        before = original.exported()
        original.text, original.blocks = said.text, said.blocks
        self._world.messages.note(original, "updated")
        self._world.changed(original, before)

    def _post(self, url: ResponseUrl, body: Json, said: Content) -> None:
        public = body.get("response_type") == "in_channel"
        message = Message(
            url.channel,
            self._world.clock.ts(),
            self._world.workspace.bot_user,
            by_app=True,
            text=said.text,
            blocks=said.blocks,
            thread_ts=body.get("thread_ts") or (url.thread_ts if public else None),
            only_for=None if public else url.user,
        )
        if public:
            show(self._world, message)
        else:
            self._world.messages.add(message)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """A private file for those with a token that may read files; everybody else is sent to the login page."""
        call = self._called("download", {"address": request.match_info["address"]})

        async def work() -> web.StreamResponse:
            return self._file(call, request)

        return await self._trouble.around(self._world.faults.take("download", call.params), call, request, work)

    def _file(self, call: Call, request: web.Request) -> web.Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = self._world.workspace.tokens.get(token)
        if scheme != "Bearer" or known is None or known.error or "files:read" not in known.scopes:
            call.status = 302
            return web.Response(status=302, headers={"Location": f"{self._world.base}/login"})
        try:
            file = self._world.files.find(request.match_info["address"].partition("-")[2])
        except Refused:
            call.status = 404
            return web.Response(status=404, text=LOGIN, content_type="text/html")
        call.status = 200
        return web.Response(body=file.content, content_type=file.mimetype)

    async def login(self, request: web.Request) -> web.Response:
        return web.Response(text=LOGIN, content_type="text/html")

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """The address that files.getUploadURLExternal gave; takes the raw bytes, or one file of a form."""
        content = await _uploaded(request)
        call = self._called("upload", {"length": len(content)})

        async def work() -> web.StreamResponse:
            return self._receive(call, request.match_info["secret"], content)

        return await self._trouble.around(self._world.faults.take("upload", call.params), call, request, work)

    def _receive(self, call: Call, secret: str, content: bytes) -> web.Response:
        file = self._world.files.waiting_for(secret)
        if file is None:
            call.status = 404
            return web.Response(status=404, text="not found")
        if len(content) != file.expected:
            call.status = 400
            return web.Response(status=400, text=f"expected {file.expected} bytes, got {len(content)}")
        file.content = content
        call.status = 200
        return web.Response(text=f"OK - {len(content)}", content_type="text/plain")


async def _uploaded(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    parts = [part for part in (await request.post()).values() if isinstance(part, web.FileField)]
    return parts[0].file.read() if parts else b""


def _said(body: Json) -> Content:
    """Standard Markdown is not taken here."""
    blocks = block_kit.message_blocks(body["blocks"]) if body.get("blocks") else []
    text = str(body.get("text") or "")
    if not text.strip() and not blocks:
        raise Refused("no_text")
    return Content(text[:40_000], deepcopy(blocks))
