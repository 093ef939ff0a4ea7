"""Handing people's files to FastGPT: downloaded from the platform, uploaded to FastGPT, never a link with a secret.

What is too many or too large is said before anything is fetched, and no file is ever unpacked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from bridge.domain import phrases
from bridge.domain.errors import AssistantError, AssistantFault, BridgeError, PlatformError, PlatformFault
from bridge.domain.files import LARGEST, tame
from bridge.domain.interactions import Json
from bridge.domain.notices import Notice
from bridge.domain.turns import Conversation, Opening, UploadedFile
from bridge.domain.updates import Attachment, MessageReceived
from bridge.ports import Adapter, Assistant, FileSource
from bridge.services.apps import Apps

logger = logging.getLogger(__name__)

_AT_ONCE = 4
"""Files in memory at a time, whoever sent them."""


def file_value(file: UploadedFile) -> Json:
    """A file as the value of a form field: its address, or where there is none its key in FastGPT's storage."""
    return file.url or {"key": file.key, "name": file.name}


def refused(attachment: Attachment, error: BridgeError) -> str:
    """That a file could not be handed over, for its sender; what FastGPT says about itself is for operators."""
    match error:
        case AssistantError(fault=AssistantFault.FILE_TOO_LARGE):
            reason = phrases.FILE_TOO_LARGE_FOR_IT
        case AssistantError():
            reason = phrases.FILE_NOT_TAKEN
        case _:
            reason = error.sentence
    return phrases.file_failed(tame(attachment.name), reason)


class Files:
    def __init__(self, assistant: Assistant, adapters: Mapping[str, Adapter], apps: Apps) -> None:
        self._assistant = assistant
        self._adapters = adapters
        self._apps = apps
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def handed_over(
        self, conversation: Conversation, message: MessageReceived, opening: Opening
    ) -> tuple[UploadedFile, ...]:
        """The message's files as FastGPT can read them; the person is told of each that could not be handed over."""
        sent = message.attachments
        if sent and not opening.accepts_files:
            await self._say(message, [phrases.files_refused(_names(sent))])
            return ()
        return await self.uploaded(conversation, message, sent, most=opening.max_files)

    async def uploaded(
        self, conversation: Conversation, message: MessageReceived, sent: Sequence[Attachment], *, most: int
    ) -> tuple[UploadedFile, ...]:
        """The first `most` of them, but for those that are too large or are not taken, of which the person is told.

        Raises PlatformError or AssistantError for what is worth another attempt.
        """
        over = sent[most:]
        too_large = [attachment for attachment in sent[:most] if _is_too_large(attachment)]
        sentences = [phrases.files_over(most, _names(over))] if over else []
        sentences += [phrases.files_too_large(LARGEST, _names(too_large))] if too_large else []
        await self._say(message, sentences)
        files: list[UploadedFile] = []
        problems: list[str] = []
        for attachment in sent[:most]:
            if attachment in too_large:
                continue
            try:
                files.append(await self.upload(conversation, attachment))
            except BridgeError as error:
                if not error.permanent:
                    raise
                logger.warning("file_not_handed_over", extra={"update": message.id, "error": error.sentence})
                problems.append(refused(attachment, error))
        await self._say(message, problems)
        return tuple(files)

    async def upload(self, conversation: Conversation, attachment: Attachment) -> UploadedFile:
        """Raises PlatformError or AssistantError. Of a file that says it is too large nothing is fetched."""
        if _is_too_large(attachment):
            sentence = phrases.file_too_large(LARGEST)
            raise PlatformError(sentence, fault=PlatformFault.REFUSED, permanent=True)
        source = self._adapters[conversation.key.platform]
        assert isinstance(source, FileSource)
        app, name = self._apps.named(conversation.app), tame(attachment.name)
        async with self._at_once:
            content = await source.download(attachment, LARGEST)
            return await self._assistant.upload(app, conversation.chat, name, attachment.media_type, content)

    async def _say(self, message: MessageReceived, sentences: Sequence[str]) -> None:
        if sentences:
            notice = Notice("\n".join(sentences), reply_to=message.message)
            await self._adapters[message.conversation.platform].say(message.conversation, notice)


def _is_too_large(attachment: Attachment) -> bool:
    return attachment.size is not None and attachment.size > LARGEST


def _names(attachments: Sequence[Attachment]) -> list[str]:
    return [tame(attachment.name) for attachment in attachments]
