"""A Telegram that lives in the test process, as strict as the documented one (Bot API 10.3).

It serves the Bot API on a free loopback port; the unmodified python-telegram-bot (or anything else) talks to it with
`base_url=tg.base_url`, `base_file_url=tg.base_file_url` and `tg.token`. Every call is checked against the schema of the
Bot API: unknown, missing and mistyped parameters are refused with 400, and so is everything Telegram refuses.

    async with TelegramEmulator() as tg:
        ada = tg.person("Ada", language_code="en")
        ada.say("What is in the box?")                      # private chat
        await tg.until(lambda: "A cat" in ada.private.text)
        print(ada.private.visible())                        # what Ada sees, as text

        team = tg.group("Team", forum=True)                 # supergroup; kind="group" for a basic one; admin=True
        news = ada.topic("News", team)
        ada.mention("and here?", news)                      # also command(), reply(), paste(), album(), photo(), …
        press = ada.press("Yes", in_=news)                  # by label or data=; stale=True for a button already gone
        await tg.until(lambda: press.answer is not None)

**TelegramEmulator(token=, clock=, settings=Settings(), flood_control=True, repoll_penalty=True)** `person()`,
`group()` · `until(predicate, timeout=10)` waits by event and fails with the whole transcript · `calls`,
`calls_of(*methods)`, `refused` (Call: at, method, params, status, description) · `silently_changed` (entities and
links Telegram would drop without a word; normally to be asserted empty) · `unhandled` (updates not confirmed) ·
`updates` (UpdateQueue: history, pending, conflicts, polls, is_polled, allowed, next_id) · `fail(method, fault,
times=, after=, when=)` with `faults.too_many_requests/server_error/html/garbage/refused/reset/never_answered/slow` ·
`flood_ban(place, seconds)`, `flood.limits`, `flood.enforced` · `inject(raw)` any update, poison too ·
`redeliver(update_id, times)` · `go_down()`/`come_up()` an outage on the same port · `webhook.attempts` · `world`
(commands, profile, files, webhook) · `clock.advance(seconds)` moves expiry, life times and flood windows;
`FrozenClock()` stands still otherwise. Long polling waits in real time.

**Settings** may be flipped at any time: has_topics_enabled, can_read_all_group_messages, mentions_reach_bot,
private_reactions, rich_messages, conflict_delay, local_server (webhooks over http).

**Person** say, command, mention, reply, paste, album, photo, document, voice, sticker, poll, location, contact, rich,
edit, delete, press, stop (of the draft), react, topic, block, unblock, kick_bot, add_bot, promote_bot, migrate;
`toasts` and `alerts` are what the answers to presses showed. Everything that sends returns the Message;
`message.update_id` is the id of the update it made (0 if privacy mode or `allowed_updates` keep it from the bot).

**Place** (`person.private`, `tg.group()`, `person.topic()`, `place.at(topic_id)`): messages, from_bot, last, text,
texts, find, draft (on screen now), drafts (all, with their `frames`), actions, typing, buttons, asked_to_reply,
visible(), close_topic, reopen_topic, delete_topic.

**Message** text, entities, keyboard, buttons, labels, markup, forces_reply, reply_to, thread, edits and versions
(with times), deleted_at, reactions, call (the parameters it was sent with), adopted_draft.
"""

from tests.emulators.telegram import faults
from tests.emulators.telegram.clock import Clock, FrozenClock
from tests.emulators.telegram.faults import Fault
from tests.emulators.telegram.limits import Limits
from tests.emulators.telegram.people import Person
from tests.emulators.telegram.places import Place
from tests.emulators.telegram.records import Call, Draft, Message, Press, User
from tests.emulators.telegram.server import TOKEN, TelegramEmulator
from tests.emulators.telegram.visible import visible_draft, visible_message, visible_text
from tests.emulators.telegram.world import Settings

__all__ = [
    "TOKEN",
    "Call",
    "Clock",
    "Draft",
    "Fault",
    "FrozenClock",
    "Limits",
    "Message",
    "Person",
    "Place",
    "Press",
    "Settings",
    "TelegramEmulator",
    "User",
    "faults",
    "visible_draft",
    "visible_message",
    "visible_text",
]
