"""What people fill in, as an answer or as the reason why it is none: a whole form, or its only field in the thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bridge.domain import phrases
from bridge.domain.errors import BridgeError
from bridge.domain.forms import check, filled_in, unfinished
from bridge.domain.interactions import Field, FieldType, Filled, Form, Interaction, Json
from bridge.domain.turns import Conversation
from bridge.domain.updates import FormSubmitted, MessageReceived
from bridge.ports import Refusal, Store
from bridge.services.files import Files, file_value, refused


class Submissions:
    def __init__(self, store: Store, files: Files) -> None:
        self._store = store
        self._files = files

    async def submitted(self, interaction: Interaction, form: Form, update: FormSubmitted) -> Filled | Refusal:
        """Its adapter checked it before; a client that does not play by the rules is checked here.

        A form that is refused stays open with what was filled in. Raises PlatformError or AssistantError for a file
        that it is worth trying to hand over once more.
        """
        uploaded, problems = await self._uploads(interaction, form, update)
        given = {**update.values, **uploaded}
        values, errors = check(form, given)
        if not problems:
            labels = {field.key: field.label for field in form.fields}
            problems = [f"**{labels[key]}**: {problem}" for key, problem in errors.items()]
        if not problems:
            return filled_in(form, values)
        await self._keep(interaction, form, given)
        return Refusal("\n".join(problems))

    async def typed(
        self, interaction: Interaction, form: Form, field: Field, message: MessageReceived
    ) -> Filled | Refusal:
        """The form whose only field this is, as it was written or sent to the thread."""
        raw: Json = message.text
        if field.type is FieldType.FILES:
            if len(message.attachments) > field.max_files:
                return Refusal(phrases.too_many_files(field.max_files))
            conversation = await self._conversation(interaction)
            files = await self._files.uploaded(conversation, message, message.attachments, most=field.max_files)
            if not files:
                return Refusal(phrases.send_files(field.max_files))
            raw = [file_value(file) for file in files]
        values, errors = check(form, {field.key: raw})
        return Refusal(errors[field.key]) if errors else filled_in(form, values)

    async def _uploads(
        self, interaction: Interaction, form: Form, update: FormSubmitted
    ) -> tuple[dict[str, Json], list[str]]:
        """The files of a form by field key, and a sentence for each that is not taken. Too many are not fetched."""
        over = [f"**{field.label}**: {phrases.too_many_files(field.max_files)}" for field in _overfull(form, update)]
        if over:
            return {}, over
        conversation = await self._conversation(interaction)
        values: dict[str, Json] = {}
        problems: list[str] = []
        for key, files in update.attachments.items():
            uploaded: list[Json] = []
            for file in files:
                try:
                    uploaded.append(file_value(await self._files.upload(conversation, file)))
                except BridgeError as error:
                    if not error.permanent:
                        raise
                    problems.append(refused(file, error))
            values[key] = uploaded
        return values, problems

    async def _keep(self, interaction: Interaction, form: Form, values: Mapping[str, Json]) -> None:
        draft = replace(interaction.draft, values=unfinished(form, values))
        await self._store.save_draft(interaction.id, interaction.draft.step, draft)

    async def _conversation(self, interaction: Interaction) -> Conversation:
        conversation = await self._store.conversation(interaction.conversation)
        assert conversation is not None, "an interaction belongs to a known conversation"
        return conversation


def _overfull(form: Form, update: FormSubmitted) -> list[Field]:
    return [field for field in form.fields if len(update.attachments.get(field.key, ())) > field.max_files]
