"""Forms that go field by field, where a platform has none of its own. The draft lives in the store."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from bridge.domain import phrases
from bridge.domain.errors import BridgeError
from bridge.domain.forms import FieldError, check, filled_in
from bridge.domain.ids import MessageRef
from bridge.domain.interactions import Draft, Field, FieldType, Filled, Form, Interaction, Json
from bridge.domain.notices import Notice, Outcome, Rebuttoned, Removed, Replaced
from bridge.domain.steps import PAGE, current, field_to_edit, filled, moved, prompt, reminder, summary
from bridge.domain.updates import FormMove, FormStepTaken, MessageReceived
from bridge.ports import Adapter, SecretEraser, Store
from bridge.services.files import Files, file_value

logger = logging.getLogger(__name__)


class Forms:
    def __init__(self, store: Store, adapters: Mapping[str, Adapter], files: Files) -> None:
        self._store = store
        self._adapters = adapters
        self._files = files

    async def begin(self, interaction: Interaction) -> None:
        """Ask for the first field, or for the one where an earlier attempt stopped."""
        if isinstance(interaction.ask, Form) and interaction.is_open and interaction.draft.prompt is None:
            await self._ask(interaction, interaction.ask, interaction.draft, was=interaction.draft.step)

    async def heard(self, interaction: Interaction, message: MessageReceived) -> Filled | None:
        """Text (or a file) as the current field's value; the whole form only if it answers the summary with yes."""
        form, draft = _form(interaction), interaction.draft
        field = current(form, draft)
        if draft.moved_by == message.id:
            await self._go_on(interaction, draft)
            return None
        if field is None:
            return await self._heard_at_summary(interaction, message)
        if field.type is FieldType.PASSWORD:
            await self._erase(interaction, message.message)
        if reason := await self._refused(interaction, field):
            await self._again(interaction, reason)
            return None
        try:
            after = replace(await self._after(interaction, field, message), moved_by=message.id)
        except FieldError as error:
            await self._again(interaction, str(error))
            return None
        await self._ask(interaction, form, after, was=draft.step)
        await self._close_prompt(form, draft, after)
        return None

    async def step_taken(self, interaction: Interaction, update: FormStepTaken) -> Filled | None:
        """A button of the form; the whole form if it was Submit."""
        form, draft = _form(interaction), interaction.draft
        if draft.moved_by == update.id:
            await self._go_on(interaction, draft)
            return None
        if update.step != draft.step and update.move is not FormMove.START:
            await self._tell(update, phrases.STALE_STEP)
            return None
        if update.move is FormMove.SUBMIT and draft.step == len(form.fields):
            return await self._submitted(interaction)
        try:
            after = replace(moved(form, draft, update.move, update.index), moved_by=update.id)
        except FieldError as error:
            await self._tell(update, str(error))
            return None
        await self._show(interaction, form, after, was=draft.step, page=_page_of(update), where=update.message)
        return None

    async def _heard_at_summary(self, interaction: Interaction, message: MessageReceived) -> Filled | None:
        form, draft = _form(interaction), interaction.draft
        if _is_yes(message.text):
            return await self._submitted(interaction)
        index = field_to_edit(form, message.text)
        if index is None:
            await self._remind(interaction)
            return None
        after = replace(moved(form, draft, FormMove.EDIT, index), moved_by=message.id)
        await self._ask(interaction, form, after, was=draft.step)
        await self._close_prompt(form, draft, after)
        return None

    async def _remind(self, interaction: Interaction) -> None:
        """How to get on, below the summary, which is not repeated; the buttons go with the newest of them."""
        form, draft = _form(interaction), interaction.draft
        if not await self._store.save_draft(interaction.id, draft.step, replace(draft, prompt=None, editing=True)):
            return
        said = await self._adapter(interaction).say(interaction.conversation, reminder(interaction.id, form, draft))
        await self._store.save_draft(interaction.id, draft.step, replace(draft, prompt=said, editing=True))
        await self._close_prompt(form, draft, draft)

    async def _submitted(self, interaction: Interaction) -> Filled | None:
        form = _form(interaction)
        values, errors = check(form, interaction.draft.values)
        if not errors:
            return filled_in(form, values)
        wrong = next(index for index, field in enumerate(form.fields) if field.key in errors)
        after = replace(interaction.draft, step=wrong, editing=True)
        await self._ask(interaction, form, after, was=interaction.draft.step, problem=errors[form.fields[wrong].key])
        await self._close_prompt(form, interaction.draft, after)
        return None

    async def _after(self, interaction: Interaction, field: Field, message: MessageReceived) -> Draft:
        form, draft = _form(interaction), interaction.draft
        if field.type is not FieldType.FILES:
            return filled(form, draft, message.text)
        if not message.attachments:
            raise FieldError(phrases.send_files(field.max_files))
        conversation = await self._store.conversation(interaction.conversation)
        assert conversation is not None, "an interaction belongs to a known conversation"
        held = draft.values.get(field.key)
        known = held if isinstance(held, list) else []
        left = field.max_files - len(known)
        if len(message.attachments) > left:
            raise FieldError(phrases.too_many_files(field.max_files))
        uploaded = await self._files.uploaded(conversation, message, message.attachments, most=left)
        if not uploaded:
            raise FieldError(phrases.NO_FILE)
        files: list[Json] = [*known, *map(file_value, uploaded)]
        if len(files) < field.max_files:
            return replace(draft, values={**draft.values, field.key: files})
        return filled(form, draft, files)

    async def _go_on(self, interaction: Interaction, draft: Draft) -> None:
        """The step was taken in an earlier attempt, which may have ended before it was shown."""
        form = _form(interaction)
        if draft.prompt is None:
            return await self._ask(interaction, form, draft, was=draft.step)
        notice = await self._prompt(interaction, form, draft)
        await self._settle(draft.prompt, Replaced(notice.text, notice.buttons))

    async def _ask(self, interaction: Interaction, form: Form, draft: Draft, *, was: int, problem: str = "") -> None:
        """Commit the step, then ask anew below; the prompt is remembered so that it can be closed."""
        if not await self._store.save_draft(interaction.id, was, replace(draft, prompt=None)):
            return
        notice = await self._prompt(interaction, form, draft, problem=problem)
        message = await self._adapter(interaction).say(interaction.conversation, notice)
        await self._store.save_draft(interaction.id, draft.step, replace(draft, prompt=message))

    async def _show(
        self, interaction: Interaction, form: Form, draft: Draft, *, was: int, page: int, where: MessageRef | None
    ) -> None:
        """Commit the step, and turn the prompt that was pressed into the next one."""
        where = where or draft.prompt
        notice = await self._prompt(interaction, form, draft, page=page)
        if where is None or (notice.expects is not None and not await self._is_private(interaction)):
            # Among others only a new message can open the reply field of what is to be typed.
            await self._ask(interaction, form, draft, was=was)
            return await self._close_prompt(form, interaction.draft, draft)
        if not await self._store.save_draft(interaction.id, was, replace(draft, prompt=where)):
            return None
        await self._adapter(interaction).settle(where, Replaced(notice.text, notice.buttons))

    async def _again(self, interaction: Interaction, problem: str) -> None:
        """Ask for the same below what was wrong; only the newest prompt stays."""
        form, draft = _form(interaction), interaction.draft
        await self._ask(interaction, form, draft, was=draft.step, problem=problem)
        if draft.prompt is not None:
            await self._settle(draft.prompt, Removed(), at_leisure=True)

    async def _prompt(
        self, interaction: Interaction, form: Form, draft: Draft, *, page: int = 0, problem: str = ""
    ) -> Notice:
        field = current(form, draft)
        refused = await self._refused(interaction, field) if field is not None else ""
        notice = prompt(interaction.id, form, draft, page=page, problem=refused or problem)
        return replace(notice, to=None if not notice.expects else interaction.asked)

    async def _refused(self, interaction: Interaction, field: Field) -> str:
        """Why this field cannot be asked for here: a secret needs a private chat and a safe place."""
        if field.type is not FieldType.PASSWORD:
            return ""
        if not await self._is_private(interaction):
            return phrases.FORM_IN_PRIVATE
        return "" if self._store.can_keep_secrets else phrases.FORM_NOT_KEPT

    async def _is_private(self, interaction: Interaction) -> bool:
        turn = await self._store.turn(interaction.turn)
        return turn is not None and turn.private

    async def _close_prompt(self, form: Form, before: Draft, after: Draft) -> None:
        """The question that was answered stays on screen as its answer; what is waited for is the next one."""
        field = current(form, before)
        if before.prompt is None:
            return
        if field is None:
            return await self._settle(before.prompt, _over(before), at_leisure=True)
        await self._settle(before.prompt, Replaced(summary(Form("", (field,)), after.values)), at_leisure=True)

    async def _settle(self, prompt: MessageRef, outcome: Outcome, *, at_leisure: bool = False) -> None:
        """That an old prompt stays is no reason to stop."""
        try:
            await self._adapters[prompt.platform].settle(prompt, outcome, at_leisure=at_leisure)
        except BridgeError as error:
            logger.info("prompt_stays", extra={"error": error.sentence})

    async def _erase(self, interaction: Interaction, message: MessageRef) -> None:
        adapter = self._adapter(interaction)
        if isinstance(adapter, SecretEraser):
            await adapter.erase(message)

    async def _tell(self, update: FormStepTaken, sentence: str) -> None:
        adapter = self._adapters[update.conversation.platform]
        await adapter.say(update.conversation, Notice(sentence, to=update.by, reply=update.reply))

    def _adapter(self, interaction: Interaction) -> Adapter:
        return self._adapters[interaction.conversation.platform]


def _form(interaction: Interaction) -> Form:
    assert isinstance(interaction.ask, Form)
    return interaction.ask


def _is_yes(text: str) -> bool:
    return text.strip().casefold().rstrip(".!") in {phrases.SUBMIT.casefold(), phrases.YES.casefold(), "ok", "✅"}


def _over(summary_step: Draft) -> Outcome:
    """What becomes of the prompt at the summary once another follows: a reminder goes, the summary stays to be read."""
    return Removed() if summary_step.editing else Rebuttoned()


def _page_of(update: FormStepTaken) -> int:
    """Toggling an option leaves its page on screen."""
    match update.move:
        case FormMove.PAGE:
            return update.index
        case FormMove.TOGGLE:
            return update.index // PAGE
        case _:
            return 0
