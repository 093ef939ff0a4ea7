from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot, MessageEntity
from telegram.error import BadRequest

from tests.emulators.telegram import Person, TelegramEmulator, visible_text
from tests.emulators.telegram.entities import formatted, found, utf16
from tests.emulators.telegram.links import objection
from tests.emulators.telegram.refusals import Refused


@pytest.fixture
def ada(tg: TelegramEmulator) -> Person:
    tg.flood.enforced = False
    person = tg.person("Ada")
    person.say("hello")
    return person


def link(url: str) -> MessageEntity:
    return MessageEntity("text_link", 0, 4, url=url)


@pytest.mark.parametrize(
    "url",
    ["CITE", "/api/docs/x", "http://localhost:3000/x", "http://fastgpt:3000/x", "tel:+123", "https://ex ample.org", ""],
)
async def test_a_link_telegram_cannot_open_costs_the_whole_message(bot: Bot, ada: Person, url: str) -> None:
    with pytest.raises(BadRequest, match=r"(?i)Entity URL '.*' is invalid"):
        await bot.send_message(ada.id, "read this", entities=[link(url)])


@pytest.mark.parametrize(
    "url",
    ["https://example.org/a?b=c#d", "http://[::1]:3000/", "tg://user?id=1", "example.org", "http://10.0.0.1:3000/"],
)
def test_links_telegram_can_open_are_taken(url: str) -> None:
    assert objection(url) is None


@pytest.mark.parametrize(
    ("entity", "reason"),
    [
        (MessageEntity("bold", 0, 9), "ends after the end of the text"),
        (MessageEntity("bold", -1, 2), "incorrect offset"),
        (MessageEntity("bold", 1, 3), "begins in a middle"),
        (MessageEntity("bold", 0, 1), "ends in a middle"),
    ],
)
async def test_entities_are_measured_in_utf16(bot: Bot, ada: Person, entity: MessageEntity, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        await bot.send_message(ada.id, "😀 smile", entities=[entity])


async def test_an_entity_after_an_emoji_covers_what_it_should(bot: Bot, ada: Person) -> None:
    await bot.send_message(ada.id, "😀 bold", entities=[MessageEntity("bold", 3, 4)])
    assert ada.private.last is not None
    assert visible_text(ada.private.text, ada.private.last.entities) == "😀 **bold**"


async def test_only_100_entities_are_kept_code_and_links_first(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    entities = [MessageEntity("bold", 2 * at, 1) for at in range(100)] + [MessageEntity("code", 200, 1)]
    sent = await bot.send_message(ada.id, "x " * 100 + "x", entities=entities)
    assert len(sent.entities) == 100
    assert sent.entities[-1].type == "code"
    assert "1 of 101 entities dropped" in tg.silently_changed[0]


@pytest.mark.parametrize(
    ("kinds", "survive"),
    [
        (("bold", "italic"), ["bold", "italic"]),
        (("code", "bold"), ["code"]),
        (("blockquote", "expandable_blockquote"), ["blockquote"]),
        (("blockquote", "pre"), ["blockquote", "pre"]),
        (("bold", "text_link"), ["bold", "text_link"]),
    ],
)
async def test_nesting_follows_the_rules(bot: Bot, ada: Person, kinds: tuple[str, str], survive: list[str]) -> None:
    outer = MessageEntity(kinds[0], 0, 10, url="https://example.org")
    inner = MessageEntity(kinds[1], 2, 4, url="https://example.org")
    sent = await bot.send_message(ada.id, "0123456789", entities=[outer, inner])
    assert [entity.type for entity in sent.entities] == survive


async def test_crossing_entities_are_not_kept(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    crossing = [MessageEntity("bold", 0, 5), MessageEntity("italic", 3, 5)]
    sent = await bot.send_message(ada.id, "0123456789", entities=crossing)
    assert [entity.type for entity in sent.entities] == ["bold"]
    assert tg.silently_changed


@given(
    st.text("a😀 \n\r_", min_size=1, max_size=40),
    st.lists(st.tuples(st.sampled_from(["bold", "code", "blockquote"]), st.integers(0, 40), st.integers(1, 40))),
)
def test_whatever_is_kept_lies_within_the_text_and_nests(text: str, marks: list[tuple[str, int, int]]) -> None:
    entities = [{"type": kind, "offset": start, "length": length} for kind, start, length in marks]
    try:
        kept = formatted(text, entities, lambda _: None)
    except Refused:
        return
    spans = [(entity["offset"], entity["offset"] + entity["length"]) for entity in kept.entities]
    assert all(0 <= start < end <= utf16(kept.text) for start, end in spans)
    assert not [1 for start, end in spans for low, high in spans if start < low < end < high]


async def test_white_space_around_the_text_goes_and_entities_move_along(bot: Bot, ada: Person) -> None:
    sent = await bot.send_message(ada.id, "\n  a bold  \n", entities=[MessageEntity("bold", 5, 7)])
    assert (sent.text, sent.entities[0].offset, sent.entities[0].length) == ("a bold", 2, 4)


@pytest.mark.parametrize(
    ("mode", "source", "shown"),
    [
        ("HTML", "<b>bold <i>both</i></b> &lt;", "**bold _both_** <"),
        ("HTML", '<a href="https://a.example">x</a>', "[x](https://a.example)"),
        ("HTML", '<pre><code class="language-py">1</code></pre>', "```py\n1\n```"),
        ("HTML", "<blockquote expandable>a\nb</blockquote>", "> a\n> b"),
        ("MarkdownV2", r"*bold _both_* \.", "**bold _both_** ."),
        ("MarkdownV2", "[x](https://a.example) `c`", "[x](https://a.example) `c`"),
        ("MarkdownV2", "```py\n1\n```", "```py\n1\n```"),
        ("MarkdownV2", ">quoted\n>twice\nfree", "> quoted\n> twice\nfree"),
    ],
)
async def test_parse_modes_become_entities(bot: Bot, ada: Person, mode: str, source: str, shown: str) -> None:
    await bot.send_message(ada.id, source, parse_mode=mode)
    assert ada.private.visible().split("\n", 1)[1] == f"bot: {shown}"


@pytest.mark.parametrize(
    ("mode", "source", "reason"),
    [
        ("MarkdownV2", "Done.", r"Character '\.' is reserved"),
        ("MarkdownV2", "*bold", "Can't find end of Bold entity"),
        ("MarkdownV2", "```py\n1", "Can't find end of Pre entity"),
        ("HTML", "<b>bold", 'Can\'t find end tag corresponding to start tag "b"'),
        ("HTML", "List<String>", 'Unsupported start tag "string"'),
        ("HTML", "<b><i>x</b></i>", "Unmatched end tag"),
    ],
)
async def test_bad_markup_cannot_be_parsed(bot: Bot, ada: Person, mode: str, source: str, reason: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i)can't parse entities: {reason}"):
        await bot.send_message(ada.id, source, parse_mode=mode)


async def test_a_bad_link_in_a_parse_mode_only_loses_its_link(tg: TelegramEmulator, bot: Bot, ada: Person) -> None:
    sent = await bot.send_message(ada.id, '<a href="CITE">source</a>', parse_mode="HTML")
    assert (sent.text, sent.entities) == ("source", ())
    assert tg.silently_changed == ["link dropped, its URL is invalid: CITE"]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("/new@fastgpt_test_bot please", ["bot_command"]),
        ("ask @fastgpt_test_bot, not @bob", ["mention"]),
        ("see https://a.example/x. and me@b.example", ["url", "email"]),
        ("a path /usr/bin", []),
    ],
)
def test_what_telegram_recognises_by_itself(text: str, kinds: list[str]) -> None:
    assert [entity["type"] for entity in found(text, [])] == kinds
