"""Too much at once: what is too many or too large is said before work is done, and nothing crashes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bridge.domain import phrases
from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.files import LARGEST
from bridge.domain.ids import ChatId
from bridge.domain.turns import App, Conversation, Opening, UploadedFile
from bridge.domain.updates import Attachment
from bridge.services.apps import Apps
from bridge.services.files import Files, refused
from tests.builders import APP, HERE, message
from tests.fakes import FakeAdapter, FakeAssistant
from tests.services.house import House, house

TWO_GB = 2 * 2**30


class Slow(FakeAssistant):
    """Counts how many files it is handed at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.most = 0

    async def upload(self, app: App, chat: ChatId, name: str, media_type: str, content: bytes) -> UploadedFile:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        return await super().upload(app, chat, name, media_type, content)


def files(count: int, **changes: object) -> tuple[Attachment, ...]:
    return tuple(Attachment(f"f{number}", f"{number}.pdf", **changes) for number in range(count))  # type: ignore[arg-type]


def taking(h: House, **changes: object) -> None:
    h.assistant.opened = replace(Opening(accepts_files=True), **changes)  # type: ignore[arg-type]


async def test_a_question_of_30000_characters_is_asked_whole() -> None:
    async with house() as h:
        await h.hear(message("word " * 6000))
        assert h.questions == ["word " * 6000]


async def test_of_50_files_those_that_the_app_takes_are_handed_over_and_the_rest_named_before() -> None:
    async with house() as h:
        taking(h, max_files=10)
        await h.hear(message("read these", attachments=files(50)))
        assert len(h.assistant.uploaded) == 10
        assert h.adapter.texts[0] == phrases.files_over(10, [f"{number}.pdf" for number in range(10, 50)])
        assert len(h.assistant.asked[0].question.files) == 10


async def test_of_a_file_of_2_gb_nothing_is_fetched_and_its_sender_is_told() -> None:
    async with house() as h:
        taking(h)
        await h.hear(message("read this", attachments=(*files(1, size=TWO_GB), Attachment("s", "small.txt", size=3))))
        assert h.adapter.downloaded == ["small.txt"]
        assert h.adapter.texts[0] == phrases.files_too_large(LARGEST, ["0.pdf"])
        assert h.questions == ["read this"]


async def test_nothing_but_a_file_that_is_too_large_is_no_question() -> None:
    async with house() as h:
        taking(h)
        await h.hear(message("", attachments=files(1, size=TWO_GB)))
        assert (h.questions, len(h.adapter.texts)) == ([], 1)


async def test_what_cannot_be_handed_over_is_told_in_one_message() -> None:
    async with house() as h:
        taking(h)
        no = AssistantError("no", fault=AssistantFault.BAD_REQUEST, permanent=True)
        h.assistant.refusals["upload"] = [no] * 3
        await h.hear(message("read these", attachments=files(3)))
        assert h.adapter.texts[0].splitlines() == [
            phrases.file_failed(f"{number}.pdf", phrases.FILE_NOT_TAKEN) for number in range(3)
        ]


async def test_a_file_that_is_called_like_markup_is_named_as_it_is() -> None:
    async with house() as h:
        await h.hear(message("read this", attachments=(Attachment("f", "*bold* <!channel>\n" + "x" * 5000),)))
        assert h.adapter.texts[0].startswith("This assistant does not read files, so I left `*bold* <!channel> xxx")
        assert len(h.adapter.texts[0]) < 200


async def test_a_zip_is_handed_over_as_it_is_and_never_unpacked() -> None:
    async with house() as h:
        taking(h)
        await h.hear(message("read this", attachments=(Attachment("f", "bomb.zip", "application/zip", 10),)))
        assert h.assistant.uploaded == [("bomb.zip", b"content of bomb.zip")]


async def test_few_files_are_in_memory_at_a_time() -> None:
    assistant = Slow()
    handing = Files(assistant, {"fake": FakeAdapter()}, Apps({APP.name: APP}, {}))
    conversation = Conversation(HERE, APP.name, ChatId("chat"))
    await asyncio.gather(*(handing.upload(conversation, file) for file in files(30)))
    assert (len(assistant.uploaded), assistant.most) == (30, 4)


def test_a_file_that_is_too_large_for_the_app_is_told_so() -> None:
    error = AssistantError("at most 5 MB", fault=AssistantFault.FILE_TOO_LARGE, permanent=True)
    assert phrases.FILE_TOO_LARGE_FOR_IT in refused(Attachment("f", "a.pdf"), error)
