"""What a click is answered with at once: a modal, a list of options, a word to the one who clicked.

A trigger id opens one modal, within 3 seconds of the click (docs.slack.dev, views.open). So what the modal shows is
asked for first, and the acknowledgement does not wait for Slack's answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any, Protocol

from adapters.slack.api import SlackApi
from adapters.slack.asking import SEARCH, matching_options
from adapters.slack.blocks import Block, Content, message
from adapters.slack.errors import TRIGGER_IS_OVER, code_of
from adapters.slack.form_modal import field_options, fits_a_modal, form_view
from adapters.slack.inbound import Me
from adapters.slack.payloads import HomeOpened, Searched
from adapters.slack.presses import Press, ReasonContext, start_of_form
from adapters.slack.views import details_view, reason_view, sentence_view, sources_view
from bridge.domain.controls import ActOnAnswer, GiveReason, OpenForm
from bridge.domain.errors import BridgeError, PlatformError
from bridge.domain.events import Button
from bridge.domain.ids import InteractionId, TurnId
from bridge.domain.interactions import Form, Person
from bridge.domain.phrases import (
    CHOOSE,
    DETAILS,
    FILL_IN,
    NOT_OPENED,
    NOT_THERE,
    PRESS_AGAIN,
    REASON_TITLE,
    REASONS,
    SOURCES,
)
from bridge.domain.updates import AnswerAction
from bridge.ports import Gateway, Refusal
from bridge.ports.payloads import Unfit, what_is_wrong

log = logging.getLogger(__name__)

_PROMPTS = 4  # Slack shows no more
_PROMPT_TITLE = 75  # characters


class Tasks(Protocol):
    """An asyncio.TaskGroup."""

    def create_task(self, coro: Coroutine[Any, Any, None], /) -> asyncio.Task[None]: ...


class Modals:
    def __init__(self, api: SlackApi, gateway: Gateway, me: Me, tasks: Tasks) -> None:
        self._api = api
        self._gateway = gateway
        self._me = me
        self._tasks = tasks

    async def answers(self, press: Press) -> bool:
        """Whether the click is dealt with here, with nothing to commit."""
        if press.is_foreign:
            self._whisper(press, NOT_THERE)
            return True
        if press.nothing_chosen:
            self._whisper(press, CHOOSE)
            return True
        match press.control:
            case OpenForm(interaction):
                return await self._form(press, interaction)
            case GiveReason(turn, index) if not 0 <= index < len(REASONS):
                self.ask_for_reason(press, turn)
                return True
            case ActOnAnswer(turn, AnswerAction.SOURCES, _):
                self._soon(self._sources(press, turn))
                return True
            case ActOnAnswer(turn, AnswerAction.DETAILS, _):
                self._soon(self._details(press, turn))
                return True
            case _:
                return False

    def ask_for_reason(self, press: Press, turn: TurnId) -> None:
        context = ReasonContext(turn, press.conversation, press.message, press.reply)
        again = Button(REASON_TITLE, GiveReason(turn))
        self._soon(self._open(press, reason_view(context), again))

    def suggest(self, event: Mapping[str, Any]) -> None:
        """Ready-made first questions where a new conversation begins (`app_home_opened` of the messages tab)."""
        try:
            opened = HomeOpened.model_validate(event)
        except ValueError as error:
            log.warning("unreadable", extra={"reason": what_is_wrong(error)})
            return
        self._soon(self._suggest(opened))

    async def options(self, searched: Searched) -> list[Block]:
        """Raises ValueError for a select that is not ours."""
        person = Person(searched.user.id, searched.user.name or searched.user.username)
        match searched.action_id.split(":"):
            case [kind, interaction, *field] if kind == SEARCH:
                found = await self._gateway.form(InteractionId(interaction), person)
            case _:
                raise Unfit("no search of ours")
        if isinstance(found, Refusal):
            return []
        if isinstance(found.ask, Form):
            place = int(field[0]) if field else -1
            fields = found.ask.fields
            return field_options(fields[place], searched.value) if 0 <= place < len(fields) else []
        return matching_options(found, searched.value)

    async def _form(self, press: Press, interaction: InteractionId) -> bool:
        found = await self._gateway.form(interaction, press.by)
        if isinstance(found, Refusal):
            self._whisper(press, found.sentence)
            return True
        if not isinstance(found.ask, Form):
            raise Unfit("a form is opened for a question that has none")
        if not fits_a_modal(found.ask):
            await self._gateway.accept([start_of_form(press, interaction)])
            return True
        again = Button(FILL_IN, OpenForm(interaction), primary=True)
        self._soon(self._open(press, form_view(found, found.ask), again))
        return True

    async def _sources(self, press: Press, turn: TurnId) -> None:
        again = Button(SOURCES, ActOnAnswer(turn, AnswerAction.SOURCES))
        await self._open(press, sources_view(await self._gateway.citations(turn)), again)

    async def _details(self, press: Press, turn: TurnId) -> None:
        nodes = await self._gateway.nodes(turn, press.by)
        view = sentence_view(DETAILS, nodes.sentence) if isinstance(nodes, Refusal) else details_view(nodes)
        await self._open(press, view, Button(DETAILS, ActOnAnswer(turn, AnswerAction.DETAILS)))

    async def _suggest(self, opened: HomeOpened) -> None:
        opening = await self._gateway.opening(self._me.conversation(opened.channel))
        prompts = [
            {"title": question[:_PROMPT_TITLE], "message": question} for question in opening.questions[:_PROMPTS]
        ]
        if prompts:
            await self._api.suggest_prompts(opened.channel, prompts, opening.app_title)

    async def _open(self, press: Press, view: Block, again: Button) -> None:
        """For a click that is too old to open anything, and for what Slack refused, `again` is what the next one is
        made on."""
        try:
            await self._api.open_view(press.trigger_id, view)
        except PlatformError as error:
            if not error.permanent:
                raise
            is_late = code_of(error) in TRIGGER_IS_OVER
            if not is_late:
                log.warning("modal_refused", extra={"reason": error.sentence})
            await self._say_to(press, message(PRESS_AGAIN if is_late else NOT_OPENED, ((again,),)))

    def _whisper(self, press: Press, sentence: str) -> None:
        self._soon(self._say_to(press, message(sentence)))

    async def _say_to(self, press: Press, content: Content) -> None:
        channel, root, user = press.reply.split("/")
        await self._api.whisper(channel, root, user, content)

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.create_task(_logged(work))


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    """These are answers to one click: if one fails, the person clicks again."""
    try:
        await work
    except BridgeError as error:
        log.warning("click_not_answered", extra={"reason": error.sentence})
