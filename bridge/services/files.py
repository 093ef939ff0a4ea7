"""Handing people's files to FastGPT: downloaded from the platform, uploaded to FastGPT, never a link with a secret."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from bridge.domain import phrases
from bridge.domain.errors import AssistantError, BridgeError
from bridge.domain.interactions import Json
from bridge.domain.notices import Notice
from bridge.domain.turns import Conversation, UploadedFile
from bridge.domain.updates import Attachment, MessageReceived
from bridge.ports import Adapter, Assistant, FileSource
from bridge.services.apps import Apps

logger = logging.getLogger(__name__)

LIMIT = 20 * 1024 * 1024  # bytes; Telegram's getFile gives no more


def file_value(file: UploadedFile) -> Json:
    """A file as the value of a form field: its address, or where there is none its key in FastGPT's storage."""
    return file.url or {"key": file.key, "name": file.name}


def refused(attachment: Attachment, error: BridgeError) -> str:
    """That a file could not be handed over, for its sender; what FastGPT says about itself is for operators."""
    reason = phrases.FILE_NOT_TAKEN if isinstance(error, AssistantError) else error.sentence
    return phrases.FILE_FAILED.format(name=attachment.name, reason=reason)


class Files:
    def __init__(self, assistant: Assistant, adapters: Mapping[str, Adapter], apps: Apps) -> None:
        self._assistant = assistant
        self._adapters = adapters
        self._apps = apps

    async def handed_over(
        self, conversation: Conversation, message: MessageReceived, *, accepted: bool
    ) -> tuple[UploadedFile, ...]:
        """The message's files as FastGPT can read them; the person is told of each that could not be handed over."""
        if not message.attachments:
            return ()
        if not accepted:
            names = ", ".join(attachment.name for attachment in message.attachments)
            await self._say(message, phrases.FILES_REFUSED.format(names=names))
            return ()
        return await self.uploaded(conversation, message, message.attachments)

    async def uploaded(
        self, conversation: Conversation, message: MessageReceived, attachments: Sequence[Attachment]
    ) -> tuple[UploadedFile, ...]:
        files: list[UploadedFile] = []
        for attachment in attachments:
            try:
                files.append(await self.upload(conversation, attachment))
            except BridgeError as error:
                if not error.permanent:
                    raise
                logger.warning("file_not_handed_over", extra={"message": message.id, "error": error.sentence})
                await self._say(message, refused(attachment, error))
        return tuple(files)

    async def upload(self, conversation: Conversation, attachment: Attachment) -> UploadedFile:
        """Raises PlatformError or AssistantError."""
        source = self._adapters[conversation.key.platform]
        assert isinstance(source, FileSource)
        content = await source.download(attachment, LIMIT)
        app = self._apps.named(conversation.app)
        return await self._assistant.upload(app, conversation.chat, attachment.name, attachment.media_type, content)

    async def _say(self, message: MessageReceived, sentence: str) -> None:
        adapter = self._adapters[message.conversation.platform]
        await adapter.say(message.conversation, Notice(sentence, reply_to=message.message))
