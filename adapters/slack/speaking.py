"""What the bridge itself says, and what becomes of controls that were used."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence

from adapters.slack.addresses import Place, channel_and_ts, message_ref
from adapters.slack.api import Marker, SlackApi
from adapters.slack.blocks import Content, Rows, message, plainly, replaced_controls
from adapters.slack.errors import UNSHOWABLE, code_of
from adapters.slack.markdown import SAFE_LENGTH, fallback, mrkdwn, shown, size
from adapters.slack.posting import CLOCKS_DIFFER, Posting
from bridge.domain.errors import PlatformError, PlatformFault
from bridge.domain.ids import ConversationKey, MessageRef
from bridge.domain.notices import Notice, Outcome, Rebuttoned, Removed, Replaced
from bridge.ports import Clock
from bridge.rendering.chunks import chunks
from bridge.rendering.pacing import Priority

log = logging.getLogger(__name__)

_NOT_THERE = frozenset({"not_in_channel", "user_not_in_channel", "channel_not_found"})
_REMEMBERED = 1_000  # slash commands


class ReplyUrls:
    """Where slash commands can be answered, by reply handle: they work in channels the bot is not in.

    In memory only, since who knows such an address can write there; without it the answer is not seen.
    """

    def __init__(self) -> None:
        self._urls: OrderedDict[str, str] = OrderedDict()

    def remember(self, reply: str, url: str) -> None:
        self._urls[reply] = url
        self._urls.move_to_end(reply)
        while len(self._urls) > _REMEMBERED:
            self._urls.popitem(last=False)

    def get(self, reply: str) -> str | None:
        return self._urls.get(reply)


class Speaker:
    def __init__(self, api: SlackApi, clock: Clock, bot: str, new_id: Callable[[], str], reply_urls: ReplyUrls) -> None:
        self._api = api
        self._reply_urls = reply_urls
        self._clock = clock
        self._bot = bot
        self._new_id = new_id

    async def say(self, conversation: ConversationKey, notice: Notice) -> MessageRef | None:
        """To one person in a shared place, or as the answer to a click: ephemerally, which leaves nothing to settle."""
        place = Place.of(conversation)
        if notice.to is not None and (notice.reply or not place.is_direct):
            await self._whisper(notice.reply or f"{place.channel}/{place.root}/{notice.to.id}", notice)
            return None
        since = f"{self._clock.now().timestamp() - CLOCKS_DIFFER:.6f}"
        posting = Posting(self._api, self._clock, place, self._bot, since)
        ts = ""
        for number, (part, rows) in enumerate(_parts(notice.text, notice.buttons)):
            marker = Marker("notice", notice.once or self._new_id(), number)
            said = await _said(posting, marker) if notice.once else None
            ts = said or await posting.post(message(part, rows), plainly(part, "", rows), marker)
        return message_ref(self._bot, place.channel, ts) if ts else None

    async def _whisper(self, reply: str, notice: Notice) -> None:
        try:
            for part, rows in _parts(notice.text, notice.buttons):
                await self._whisper_part(reply, part, rows)
        except PlatformError as error:
            url = self._reply_urls.get(reply)
            if url is None or code_of(error) not in _NOT_THERE:
                raise
            await self._api.respond(url, mrkdwn(notice.text))

    async def _whisper_part(self, reply: str, part: str, rows: Rows) -> None:
        channel, root, user = reply.split("/")
        try:
            await self._api.whisper(channel, root, user, message(part, rows))
        except PlatformError as error:
            if code_of(error) not in UNSHOWABLE:
                raise
            await self._api.whisper(channel, root, user, plainly(part, "", rows))

    async def settle(self, target: MessageRef, outcome: Outcome, priority: Priority = Priority.CONTROL) -> None:
        channel, ts = channel_and_ts(target)
        try:
            match outcome:
                case Removed():
                    await self._api.delete(channel, ts)
                case Replaced(text, buttons):
                    # What it took several messages to say ends in this one: what was decided stands at the end.
                    part, rows = _parts(text, buttons)[-1]
                    await self._update(channel, ts, message(part, rows), plainly(part, "", rows), priority)
                case Rebuttoned(buttons):
                    await self._rebutton(channel, ts, buttons, priority)
        except PlatformError as error:
            if error.fault is not PlatformFault.GONE:
                raise
            log.info("not_settled", extra={"message_ref": str(target), "error": error.sentence})

    async def _rebutton(self, channel: str, ts: str, rows: Rows, priority: Priority) -> None:
        """Slack replaces messages as wholes, so the text is fetched and sent back as it stands."""
        found = await self._api.message(channel, ts)
        if found is None:
            return
        text = str(found.get("text") or "")
        blocks = replaced_controls(found.get("blocks") or [], rows)
        if not found.get("blocks"):
            blocks = message(text, rows).blocks
        await self._update(channel, ts, Content(fallback(text) or "…", blocks), message(text, rows), priority)

    async def _update(self, channel: str, ts: str, content: Content, plain: Content, priority: Priority) -> None:
        try:
            await self._api.update(channel, ts, content, priority=priority)
        except PlatformError as error:
            if code_of(error) not in UNSHOWABLE:
                raise
            await self._api.update(channel, ts, plain, priority=priority)


async def _said(posting: Posting, marker: Marker) -> str | None:
    """The ts; None also where that cannot be found out."""
    try:
        return await posting.found(marker)
    except PlatformError:
        return None


def _parts(text: str, rows: Rows) -> Sequence[tuple[str, Rows]]:
    """The text in as many messages as it needs, the buttons under the last one."""
    pieces = chunks(shown(text), SAFE_LENGTH, size) or ["…"]
    return [(piece, rows if number == len(pieces) else ()) for number, piece in enumerate(pieces, 1)]
