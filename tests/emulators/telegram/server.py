"""The HTTP side: one aiohttp server on a free loopback port, and the handle that tests hold."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import web

from tests.emulators.telegram import answering, bot_methods, drafts, editing, schema, sending
from tests.emulators.telegram.clock import Clock
from tests.emulators.telegram.faults import Fault, FaultPlan
from tests.emulators.telegram.people import Person
from tests.emulators.telegram.places import Place
from tests.emulators.telegram.records import Call, Chat, Json, User
from tests.emulators.telegram.refusals import Refused
from tests.emulators.telegram.update_queue import QueuedUpdate
from tests.emulators.telegram.webhooks import WebhookSender
from tests.emulators.telegram.world import Settings, World, new_world

T = TypeVar("T")

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw7"
REQUEST_LIMIT = 60 * 1024 * 1024  # bytes

_HANDLERS: dict[str, Callable[[World, Json], Any]] = {
    "answerCallbackQuery": answering.answer_callback_query,
    "createForumTopic": bot_methods.create_forum_topic,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "deleteMyCommands": bot_methods.delete_my_commands,
    "deleteWebhook": bot_methods.delete_webhook,
    "editForumTopic": bot_methods.edit_forum_topic,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "editMessageText": editing.edit_message_text,
    "getChat": bot_methods.get_chat,
    "getFile": bot_methods.get_file,
    "getMe": bot_methods.get_me,
    "getMyCommands": bot_methods.get_my_commands,
    "getMyDescription": bot_methods.get_my_description,
    "getMyShortDescription": bot_methods.get_my_short_description,
    "getWebhookInfo": bot_methods.get_webhook_info,
    "sendChatAction": drafts.send_chat_action,
    "sendDocument": sending.send_document,
    "sendMessage": sending.send_message,
    "sendMessageDraft": drafts.send_message_draft,
    "sendPhoto": sending.send_photo,
    "sendRichMessage": sending.send_rich_message,
    "sendRichMessageDraft": drafts.send_rich_message_draft,
    "setChatMenuButton": bot_methods.set_chat_menu_button,
    "setMessageReaction": answering.set_message_reaction,
    "setMyCommands": bot_methods.set_my_commands,
    "setMyDescription": bot_methods.set_my_description,
    "setMyShortDescription": bot_methods.set_my_short_description,
    "setWebhook": bot_methods.set_webhook,
}


class TelegramEmulator:
    """`async with TelegramEmulator() as tg:`; see the package docstring."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        clock: Clock | None = None,
        settings: Settings | None = None,
        flood_control: bool = True,
        repoll_penalty: bool = True,
    ) -> None:
        self.token = token
        self.clock = clock or Clock()
        self.settings = settings or Settings()
        bot = User(int(token.partition(":")[0]), "FastGPT", self.settings.username, is_bot=True)
        self.world = new_world(
            self.clock, self.settings, bot, flood_control=flood_control, repoll_penalty=repoll_penalty
        )
        self.updates = self.world.updates
        self.flood = self.world.flood
        self.faults = FaultPlan()
        self.calls: list[Call] = []
        self.webhook = WebhookSender(self.world)
        self._ids = itertools.count(5_001)
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._webhook_task: asyncio.Task[None] | None = None
        self._port = 0

    # --- running

    async def __aenter__(self) -> TelegramEmulator:
        await self.come_up()
        self._webhook_task = asyncio.create_task(self.webhook.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._webhook_task is not None:
            self._webhook_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._webhook_task
        await self.go_down()

    async def come_up(self) -> None:
        """Listen: on a free port the first time, on the same one after `go_down`."""
        self._closing = asyncio.Event()
        app = web.Application(client_max_size=REQUEST_LIMIT)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = int(self._runner.addresses[0][1])

    async def go_down(self) -> None:
        """Refuse connections, as in an outage; the state stays."""
        self._closing.set()
        self.updates.interrupt()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        return f"{self.url}/file/bot"

    # --- people and places

    def person(
        self, name: str = "Ada", id: int | None = None, language_code: str = "en", *, username: str = ""
    ) -> Person:
        return Person(self.world, User(id or next(self._ids), name, username, language_code))

    def group(
        self, title: str = "Team", *, kind: str = "supergroup", forum: bool = False, admin: bool = False
    ) -> Place:
        """A group the bot is in; `kind` may be "group" for a basic one."""
        number = next(self._ids)
        chat_id = -1_000_000_000_000 - number if kind == "supergroup" else -number
        chat = Chat(chat_id, kind, title, is_forum=forum, bot="administrator" if admin else "member")
        self.world.chats[chat_id] = chat
        return Place(self.world, chat)

    # --- what tests ask for

    def fail(
        self,
        method: str,
        fault: Fault,
        *,
        times: int = 1,
        after: int = 0,
        when: Callable[[Json], bool] = lambda _: True,
    ) -> None:
        """The next `times` calls of `method` ("*" for any, "download" for files) end with `fault`, once `after` more
        went well."""
        self.faults.add(method, fault, times, after, when)

    def flood_ban(self, place: Place, seconds: float) -> None:
        """Answer 429 to every message, edit and draft in this chat for that long (by the clock)."""
        self.flood.ban(place.id, seconds)

    def inject(self, raw: Json) -> int:
        """Put any JSON into the update queue as it is; an `update_id` is added if missing, and returned."""
        return self.updates.add_raw(raw)

    def redeliver(self, update_id: int, times: int = 1) -> None:
        """Deliver an update again, although it was confirmed; each time in an answer of its own."""
        for _ in range(times):
            self.updates.redeliver(update_id)

    def calls_of(self, *methods: str) -> list[Call]:
        """The calls of these methods so far, oldest first."""
        return [call for call in self.calls if call.method in methods]

    @property
    def refused(self) -> list[Call]:
        """The calls that were answered with an error, oldest first."""
        return [call for call in self.calls if call.status >= 400]

    @property
    def silently_changed(self) -> list[str]:
        """What Telegram dropped without a word: entities, links."""
        return self.world.silently_changed

    @property
    def unhandled(self) -> list[QueuedUpdate]:
        """Updates the bot has not confirmed."""
        return self.updates.pending

    async def until(self, predicate: Callable[[], T], timeout: float = 10.0) -> T:
        """Wait until the predicate is true and return its value; fails with all that is on screen after `timeout` s."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (value := predicate()):
            left = deadline - loop.time()
            if left <= 0:
                raise AssertionError(f"not true within {timeout} s\n{self.transcript()}")
            await self.world.bell.wait(min(left, 0.05))
        return value

    def transcript(self) -> str:
        """All chats as they look now, and the last calls, for failure messages."""
        lines = []
        for chat in self.world.chats.values():
            for topic in (None, *chat.topics):
                place = Place(self.world, chat, topic)
                lines.append(f"== {chat.type} {chat.title or chat.id}{f' topic {topic}' if topic else ''}")
                lines.append(place.visible())
        telling = [call for call in self.calls if call.method != "getUpdates"][-15:]
        lines += [f"-- {call.method} {call.status} {call.description}" for call in telling]
        return "\n".join(lines)

    # --- HTTP

    async def _call(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _answer(Refused(401, ""))
        method = schema.method_name(request.match_info["method"])
        raw, files = await _parameters(request)
        if method is None or (method.startswith("sendRich") and not self.settings.rich_messages):
            return self._noted(request.match_info["method"], raw, Refused(404, "method not found"))
        try:
            params = schema.parsed(method, raw)
        except Refused as refusal:
            return self._noted(method, raw, refusal)
        fault = self.faults.next_for(method, params)
        if fault is not None and not fault.takes_effect:
            self._note(method, params, fault.status if fault.ending == "bytes" else 0, "scripted")
            return await self._ended(request, fault, None)
        response = self._noted(method, params, await self._result(method, params, files))
        return response if fault is None else await self._ended(request, fault, response)

    async def _result(self, method: str, params: Json, files: Json) -> Any:
        try:
            if method == "getUpdates":
                return await self._get_updates(params)
            if method not in _HANDLERS:
                return Refused(404, f"{method} is not emulated")
            return _HANDLERS[method](self.world, {**params, "_files": files} if files else params)
        except Refused as refusal:
            return refusal

    async def _get_updates(self, params: Json) -> list[Json]:
        self.updates.allow(params.get("allowed_updates"))
        try:
            return await self.updates.poll(params.get("offset", 0), params.get("limit", 100), params.get("timeout", 0))
        except Refused:
            await asyncio.sleep(self.settings.conflict_delay)
            raise

    async def _ended(self, request: web.Request, fault: Fault, response: web.Response | None) -> web.StreamResponse:
        await asyncio.sleep(fault.delay)
        if fault.ending == "silence":
            await self._closing.wait()
        if fault.ending in ("silence", "reset"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if fault.ending == "bytes" or response is None:
            return web.Response(status=fault.status, body=fault.body, content_type=fault.content_type)
        return response

    def _noted(self, method: str, params: Json, result: Any) -> web.Response:
        refused = isinstance(result, Refused)
        self._note(method, params, result.code if refused else 200, result.description if refused else "")
        return _answer(result)

    def _note(self, method: str, params: Json, status: int, description: str) -> None:
        self.calls.append(Call(self.clock(), method, dict(params), status, description))
        self.world.bell.ring()

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if (fault := self.faults.next_for("download", {})) is not None:
            return await self._ended(request, fault, None)
        file = next((f for f in self.world.files.values() if f.path == request.match_info["path"]), None)
        if request.match_info["token"] != self.token or file is None:
            return _answer(Refused(404, ""))
        return web.Response(body=file.content, content_type="application/octet-stream")


async def _parameters(request: web.Request) -> tuple[Json, dict[str, tuple[str, bytes]]]:
    """Query, form, multipart or JSON, as the Bot API takes them; uploads apart, by field name."""
    raw: Json = dict(request.query)
    files: dict[str, tuple[str, bytes]] = {}
    if request.content_type == "application/json" and request.can_read_body:
        raw.update(json.loads(await request.text()))
        return raw, files
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = (value.filename, value.file.read())
        else:
            raw[name] = value if isinstance(value, str) else value.decode()
    attached: Sequence[str] = [name for name in files if f"attach://{name}" not in json.dumps(raw)]
    return raw | {name: f"attach://{name}" for name in attached}, files


def _answer(result: Any) -> web.Response:
    if not isinstance(result, Refused):
        return web.json_response({"ok": True, "result": result})
    body: Json = {"ok": False, "error_code": result.code, "description": result.description}
    if result.parameters:
        body["parameters"] = result.parameters
    return web.json_response(body, status=result.code)
