"""What surrounds an answer in Telegram: quick replies, sources, regenerate, stop, details, edits."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.domain import phrases
from bridge.simulator import faults
from bridge.simulator.journal import Received
from bridge.simulator.workflow import Chat, Quote
from tests.emulators.telegram import Message, Person
from tests.end_to_end.running import Variations, cited, on, story, tour
from tests.end_to_end.telegram_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPERATOR = 777
CONFIG = f'[answers]\ndetails_for = ["{OPERATOR}"]\n'
SUGGESTIONS = ("And tea?", "Show me an example.")
VOTES = "updateUserFeedback"
GUIDE = "createQuestionGuide"
BEANS = Quote("Whole beans keep for six weeks. " * 20, "Storing coffee.pdf", score=0.91)

APP = tour(
    on("hello", Chat(text=lambda scope: f"Hello! You said: {scope.question}")),
    on("again", Chat(text=Variations("The first try.", "The second try."))),
    on("shrink", Chat(text=Variations(story("Long", 8), "Short."))),
    on("grow", Chat(text=Variations("Short.", story("Long", 8)))),
    on("sources", *cited(BEANS)),
    on("tea", Chat(text="Tea is fine, too.")),
    on("fence", Chat(text="Shall I?\n\n```quick-replies\nYes, hello\nNo\n```")),
    on("story", Chat(text=story("Chapter", 2))),
    welcome="Welcome to **the tour**.\n[hello there]\n[sources]",
    question_guide=True,
    suggestions=SUGGESTIONS,
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("around"), APP, config=CONFIG, hurried=True) as made:
        yield made


async def answered(stage: Stage, words: str = "hello", shows: str = "Hello!") -> tuple[Person, Message]:
    """Ann's answer in private, with all that comes below it."""
    ann = stage.telegram.person("Ann")
    ann.say(words)
    answer = await stage.shown(shows, ann.private)
    await stage.shown(phrases.SUGGESTIONS, ann.private)
    return ann, answer


# --- quick replies and welcome ---


async def test_suggestions_are_buttons_that_ask_as_the_person_who_tapped_for_all_to_see(stage: Stage) -> None:
    ann, bob, group = stage.telegram.person("Ann"), stage.telegram.person("Bob"), stage.telegram.group("Team")
    ann.mention("hello", group)
    suggested = await stage.shown(phrases.SUGGESTIONS, group)
    assert suggested.labels == list(SUGGESTIONS)
    await stage.pressed(bob, "And tea?", group)
    await stage.until(lambda: stage.told(bob) == ["And tea?"])
    assert suggested.text == "Bob asked: And tea?"
    assert "And tea?" not in group.buttons or suggested.labels == []


async def test_one_tap_counts_however_often_it_comes(stage: Stage) -> None:
    ann, _ = await answered(stage)
    first, second = ann.press("And tea?"), ann.press("Show me an example.")
    stage.telegram.redeliver(first.update_id)
    await stage.until(lambda: first.answer is not None and second.answer is not None)
    await stage.until(lambda: len(stage.calls(ann, GUIDE)) == 2)
    assert stage.told(ann) == ["hello", "And tea?"]


async def test_suggestions_go_when_the_conversation_moves_on_and_late_taps_are_told(stage: Stage) -> None:
    ann, _ = await answered(stage)
    suggested = await stage.shown(phrases.SUGGESTIONS, ann.private)
    ann.say("hello again")
    await stage.until(lambda: suggested.deleted_at is not None)
    await stage.shown("hello again", ann.private)
    await stage.pressed(ann, "And tea?", on=suggested)
    assert ann.toasts + ann.alerts == [phrases.TAPPED_LATE]
    assert stage.told(ann) == ["hello", "hello again"]


async def test_a_guide_that_takes_its_time_delays_nobody_and_comes_too_late(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    slow = stage.fastgpt.hold(path=GUIDE)
    ann.say("hello")
    await slow.reached()
    await stage.shown("Hello!", ann.private)
    ann.say("hello once more")
    await stage.shown("once more", ann.private)
    await stage.shown(phrases.SUGGESTIONS, ann.private)
    slow.release()
    await stage.at_rest(ann.private)
    assert [message.text for message in ann.private.from_bot].count(phrases.SUGGESTIONS) == 1


async def test_a_guide_that_fails_leaves_the_answer_untouched(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")

    def is_anns(guide: Received) -> bool:
        return guide.json["chatId"] in [asked["chatId"] for asked in stage.asked(ann)]

    stage.fastgpt.plan(faults.bad_gateway(500), path=GUIDE, when=is_anns)
    ann.say("hello")
    await stage.program.logged("no_suggestions")
    assert ann.private.texts == ["Hello! You said: hello"]


async def test_a_fence_of_quick_replies_becomes_buttons(stage: Stage) -> None:
    ann, answer = await answered(stage, "fence", "Shall I?")
    assert answer.text == "Shall I?"
    await stage.pressed(ann, "Yes, hello")
    await stage.shown("You said: Yes, hello", ann.private)


async def test_the_welcome_offers_its_questions_until_one_is_asked(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    ann.command("/start")
    welcome = await stage.shown("Welcome", ann.private)
    assert ann.private.visible() == "Ann: /start\nbot: Welcome to **the tour**.\n[ hello there ]\n[ sources ]"
    await stage.pressed(ann, "hello there")
    await stage.shown("You said: hello there", ann.private)
    assert [line for line in ann.private.visible().splitlines()[1:6] if line] == [
        "bot: Welcome to **the tour**.",
        "• hello there",
        "• sources",
        "bot: **Ann** asked: hello there",
    ]
    assert welcome.labels == []


async def test_an_app_that_begins_by_itself_does_after_start(tmp_path_factory: pytest.TempPathFactory) -> None:
    app = tour(on("introduce", Chat(text="I am the tour.")), opening_prompt="Please introduce yourself")
    async with staged(tmp_path_factory.mktemp("auto"), app) as stage:
        ann = stage.telegram.person("Ann")
        ann.command("/start")
        await stage.shown("I am the tour.", ann.private)
        assert stage.told(ann) == ["Please introduce yourself"]


# --- sources and details ---


async def test_citations_are_numbers_and_their_passages_are_shown_on_demand(stage: Stage) -> None:
    ann, answer = await answered(stage, "sources", "Keep them")
    assert answer.text == "Keep them dark.[1] Not cold.[2] Really.[1]"
    await stage.pressed(ann, "Sources")
    shown = await stage.shown("Storing coffee.pdf", ann.private)
    assert shown.text.startswith("[1] Storing coffee.pdf · 0.91\n\nWhole beans keep")
    assert "[Questions](https://example.com/questions) · 0.80" in ann.private.visible()
    assert [entity["type"] for entity in shown.entities if "quote" in entity["type"]] == [
        "expandable_blockquote",
        "blockquote",
    ]
    drafts = [text for draft in ann.private.drafts for _, text, *_ in draft.frames]
    assert not any(BEANS.id in text or "CITE" in text for text in [*drafts, ann.private.visible()])


async def test_details_are_shown_to_those_who_may_see_them(stage: Stage) -> None:
    operator = stage.telegram.person("Op", id=OPERATOR)
    operator.say("sources")
    await stage.pressed(operator, "Details")
    await stage.until(lambda: "Handbook" in operator.private.visible() + "".join(operator.alerts))
    ann, _ = await answered(stage)
    assert "Details" not in ann.private.buttons


# --- again, stop, edit ---


@pytest.mark.parametrize("profile", ["4.12", "4.14", "4.16"])
async def test_regenerate_answers_in_place_and_leaves_one_round_in_fastgpt(
    tmp_path_factory: pytest.TempPathFactory, profile: str
) -> None:
    app = tour(on("again", Chat(text=Variations("The first try.", "The second try."))))
    async with staged(tmp_path_factory.mktemp("again"), app, profile=profile) as stage:
        ann = stage.telegram.person("Ann")
        ann.say("again")
        answer = await stage.shown("The first try.", ann.private)
        await stage.pressed(ann, "Regenerate")
        await stage.until(lambda: answer.text == "The second try.")
        first, second = stage.asked(ann)
        assert first["messages"] == second["messages"]
        chat = first["chatId"]
        assert [record.obj for record in stage.fastgpt.records(chat)] == ["Human", "AI"]
        assert len(ann.private.from_bot) == 1
        await stage.pressed(ann, "👍")
        (vote,) = stage.calls(ann, VOTES)
        assert vote["dataId"] == second["responseChatItemId"]


async def test_what_a_shorter_answer_has_no_use_for_disappears(stage: Stage) -> None:
    ann, _ = await answered(stage, "shrink", "Long 8.")
    assert len(ann.private.from_bot) > 2
    await stage.pressed(ann, "Regenerate")
    await stage.until(lambda: "Short." in ann.private.texts)
    await stage.until(lambda: not any("Long" in text for text in ann.private.texts))
    assert ann.private.texts[0] == "Short."


async def test_a_longer_answer_takes_more_messages(stage: Stage) -> None:
    ann, answer = await answered(stage, "grow", "Short.")
    await stage.pressed(ann, "Regenerate")
    await stage.shown("Long 8.", ann.private)
    assert answer.text.startswith("Long 1.")
    assert ann.private.buttons[:2] == ["👍", "👎"]


async def test_a_doubled_regenerate_is_one(stage: Stage) -> None:
    ann, answer = await answered(stage)
    first, second = ann.press("Regenerate"), ann.press("Regenerate")
    await stage.until(lambda: first.answer is not None and second.answer is not None)
    await stage.until(lambda: len(stage.calls(ann, GUIDE)) == 2)
    assert len(stage.asked(ann)) == 2
    assert ann.private.texts.count(answer.text) == 1


async def test_while_it_is_answered_anew_the_old_answer_shows_that_something_happens(stage: Stage) -> None:
    ann, answer = await answered(stage)
    hold = stage.fastgpt.hold(when=stage.is_from(ann))
    await stage.pressed(ann, "Regenerate")
    await hold.reached()
    await stage.until(lambda: (answer.text, answer.labels) == (phrases.THINKING, [phrases.STOP]))
    hold.release()
    await stage.until(lambda: answer.text.startswith("Hello!"))


async def test_stop_on_the_draft_keeps_what_there_is_and_stops_fastgpt(stage: Stage) -> None:
    ann = stage.telegram.person("Ann")
    hold = stage.fastgpt.hold(after_events=6, when=stage.is_from(ann))
    ann.say("story")
    await hold.reached()
    await stage.until(lambda: ann.private.draft is not None and "Chapter" in ann.private.draft.text)
    ann.stop()
    answer = await stage.shown(phrases.STOPPED, ann.private)
    assert answer.text.startswith("Chapter 1.")
    assert "_Stopped._" in ann.private.visible()
    await stage.until(lambda: stage.calls(ann, "chat/stop") != [])
    assert answer.labels == ["Regenerate"]


async def test_stop_as_a_command_in_a_group_and_with_nothing_to_stop(stage: Stage) -> None:
    ann, group = stage.telegram.person("Ann"), stage.telegram.group("Team")
    ann.command("/stop", group, addressed=True)
    await stage.shown(phrases.NOTHING_RUNS, group)
    hold = stage.fastgpt.hold(after_events=6, when=stage.is_from(ann))
    ann.mention("story", group)
    await hold.reached()
    ann.command("/stop", group, addressed=True)
    answer = await stage.shown(phrases.STOPPED, group)
    assert answer.text.startswith("Chapter 1.")


async def test_an_edited_question_is_offered_again_and_answered_in_place(stage: Stage) -> None:
    ann, answer = await answered(stage)
    question = ann.private.messages[0]
    ann.edit(question, "hello from me")
    offer = await stage.shown(phrases.EDITED, ann.private)
    await stage.pressed(ann, phrases.REASK)
    await stage.until(lambda: answer.text == "Hello! You said: hello from me")
    assert offer.deleted_at is not None
    assert stage.told(ann) == ["hello", "hello from me"]
    chat = stage.asked(ann)[0]["chatId"]
    assert len(stage.fastgpt.records(chat)) == 2


async def test_telegram_refused_nothing_and_dropped_nothing(stage: Stage) -> None:
    """Over all that the tests above have shown; but two may have taken the same message away at the same time."""
    refused = [call for call in stage.telegram.refused if not call.description.endswith("not found")]
    assert [(call.method, call.description) for call in refused] == []
    assert stage.telegram.silently_changed == []
