"""From a payload of Slack's to a committed update to an acknowledgement, in that order.

Everything is answered in one place, bolt's global middleware: what it returns is the acknowledgement, and if it raises,
nothing is acknowledged and Slack delivers again (events) or tells the person (clicks). So nothing can stay unanswered
for want of a listener, and no listener runs after an acknowledgement, where it could be lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

from slack_bolt.response import BoltResponse

from adapters.slack.addresses import Place
from adapters.slack.form_modal import errors_at_fields, form_values
from adapters.slack.inbound import Me, answer_to_slash, unreadable, updates_of_event, updates_of_slash
from adapters.slack.markdown import mrkdwn
from adapters.slack.modals import Modals
from adapters.slack.payloads import Searched, Submitted
from adapters.slack.people import People
from adapters.slack.presses import form_submitted, person_of, press_of, reason_given, updates_of
from adapters.slack.speaking import ReplyUrls
from adapters.slack.views import FORM, REASON, reason_of, sentence_view
from bridge.domain import forms
from bridge.domain.controls import Vote
from bridge.domain.ids import InteractionId
from bridge.domain.interactions import Form, Interaction, Person
from bridge.domain.phrases import FILL_IN
from bridge.domain.updates import CommandGiven, Rating, StopRequested, Update
from bridge.ports import Clock, Gateway, Refusal
from bridge.ports.payloads import Unfit, what_is_wrong

log = logging.getLogger(__name__)


class Inbox:
    """`answer` is the acknowledgement of one payload; what takes longer is left to `modals`.

    `begun` is told where and when a conversation begins.
    """

    def __init__(
        self,
        gateway: Gateway,
        me: Me,
        people: People,
        modals: Modals,
        clock: Clock,
        reply_urls: ReplyUrls,
        begun: Callable[[Place, datetime], None] = lambda _place, _at: None,
    ) -> None:
        self._reply_urls = reply_urls
        self._gateway = gateway
        self._me = me
        self._people = people
        self._modals = modals
        self._clock = clock
        self._begun = begun
        self._order: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def answer(self, body: Mapping[str, Any]) -> BoltResponse:
        """Raises StoreUnavailable if nothing was committed."""
        match body.get("type"):
            case "event_callback":
                return await self._event(body)
            case "block_actions":
                return await self._press(body)
            case "view_submission":
                return await self._submission(body)
            case "view_closed":
                return await self._closed(body)
            case "block_suggestion":
                return await self._search(body)
            case None if "command" in body:
                return await self._slash(body)
        return _done()

    async def _slash(self, body: Mapping[str, Any]) -> BoltResponse:
        if answer := answer_to_slash(body, self._me):
            return _reply({"response_type": "ephemeral", "text": mrkdwn(answer)})
        updates = updates_of_slash(body, self._me, self._clock.now())
        for update in updates:
            if isinstance(update, CommandGiven | StopRequested) and update.reply and body.get("response_url"):
                self._reply_urls.remember(update.reply, str(body["response_url"]))
        await self._commit(updates)
        return _done()

    async def _event(self, body: Mapping[str, Any]) -> BoltResponse:
        event = body.get("event") or {}
        if isinstance(event, Mapping) and event.get("type") == "app_home_opened" and event.get("tab") == "messages":
            self._modals.suggest(event)
            return _done()
        updates = updates_of_event(body, self._me)
        if updates:
            # Envelopes are handled side by side; what one conversation says must be stored in the order it came.
            key = str(updates[0].conversation)
            lock = self._order.setdefault(key, asyncio.Lock())
            async with lock:
                await self._commit([await self._named(update) for update in updates])
        return _done()

    async def _press(self, body: Mapping[str, Any]) -> BoltResponse:
        try:
            press = press_of(body, self._me, self._clock.now())
            press = replace(press, by=await self._people.known_as(press.by))
            if press.is_foreign:
                await self._commit([unreadable(body, self._me, "a control with a value that is none of ours")])
            answered = await self._modals.answers(press)
        except ValueError as error:
            await self._commit([unreadable(body, self._me, what_is_wrong(error))])
            return _done()
        if answered:
            return _done()
        is_new_thumb_down = (
            isinstance(press.control, Vote)
            and press.control.rating is Rating.BAD
            and await self._gateway.vote(press.control.turn, press.by) is not Rating.BAD
        )
        await self._commit(updates_of(press))
        if is_new_thumb_down and isinstance(press.control, Vote):
            self._modals.ask_for_reason(press, press.control.turn)
        return _done()

    async def _submission(self, body: Mapping[str, Any]) -> BoltResponse:
        try:
            submitted = Submitted.model_validate(body)
            match submitted.view.callback_id:
                case view if view == FORM:
                    return await self._form(submitted)
                case view if view == REASON:
                    if reason := reason_of(submitted.view.state):
                        by = await self._people.known_as(person_of(submitted.user))
                        await self._commit([reason_given(submitted, by, reason, self._clock.now())])
        except ValueError as error:
            await self._commit([unreadable(body, self._me, what_is_wrong(error))])
        return _done()

    async def _form(self, submitted: Submitted) -> BoltResponse:
        person = await self._people.known_as(person_of(submitted.user))
        found = await self._gateway.form(InteractionId(submitted.view.private_metadata), person)
        if isinstance(found, Refusal):
            return _reply({"response_action": "update", "view": sentence_view(FILL_IN, found.sentence)})
        if not isinstance(found.ask, Form):
            raise Unfit("a form was submitted for a question that has none")
        values, files = form_values(found.ask, submitted.view.state, found.draft.values)
        errors = _errors(found.ask, values, {key: len(sent) for key, sent in files.items()})
        if errors:
            return _reply({"response_action": "errors", "errors": errors})
        await self._commit([form_submitted(submitted, person, found, values, files, self._clock.now())])
        return _done()

    async def _closed(self, body: Mapping[str, Any]) -> BoltResponse:
        """A form that is closed keeps what was typed into it, as far as Slack says what that is."""
        try:
            closed = Submitted.model_validate(body)
            if closed.view.callback_id == FORM and closed.view.state.values:
                id, person = InteractionId(closed.view.private_metadata), Person(closed.user.id)
                found = await self._gateway.form(id, person)
                if isinstance(found, Interaction) and isinstance(found.ask, Form):
                    await self._gateway.keep(
                        id, person, form_values(found.ask, closed.view.state, found.draft.values)[0]
                    )
        except ValueError as error:
            log.warning("unreadable", extra={"reason": what_is_wrong(error)})
        return _done()

    async def _search(self, body: Mapping[str, Any]) -> BoltResponse:
        try:
            options = await self._modals.options(Searched.model_validate(body))
        except ValueError as error:
            log.warning("unreadable", extra={"reason": what_is_wrong(error)})
            options = []
        return _reply({"options": options})

    async def _commit(self, updates: Sequence[Update]) -> None:
        if updates:
            begun = await self._gateway.accept(updates)
            for first in (update for update in updates if update.conversation in begun):
                self._begun(Place.of(first.conversation), first.at)

    async def _named(self, update: Update) -> Update:
        """Events leave names out, and whoever votes or stops may have to be named to others."""
        return replace(update, by=await self._people.named(update.by))


def _errors(form: Form, values: Mapping[str, Any], files: Mapping[str, int]) -> dict[str, str]:
    """What is wrong, at the inputs it is wrong in. A file is checked by number here; it has not been fetched yet."""
    stand_ins = {key: [{"name": ""}] * count for key, count in files.items()}
    _, errors = forms.check(form, {**values, **stand_ins})
    return errors_at_fields(form, errors)


def _done() -> BoltResponse:
    return BoltResponse(status=200, body="")


def _reply(body: dict[str, Any]) -> BoltResponse:
    return BoltResponse(status=200, body=body)
