"""Choices in Slack: every way to choose, and what FastGPT then gets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.domain import phrases
from bridge.simulator.workflow import Reply, Select
from tests.end_to_end.running import on, tour
from tests.end_to_end.slack_stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

DRINKS = ("Tea", "Coffee", "Nothing")
CITIES = tuple(f"City {number}" for number in range(1, 8))
STREETS = tuple(f"Street {number}" for number in range(1, 31))
HOUSES = tuple(f"House {number}" for number in range(1, 131))
CLAUSES = (f"The first clause, {'which is long ' * 8}", f"The second clause, {'which is longer ' * 8}")


def chose(node: str) -> Reply:
    return Reply(text=lambda scope: f"You took {scope.choice(node)}.")


def select(node: str, description: str, options: tuple[str, ...], *, dynamic: bool = False) -> Select:
    return Select(id=node, description=description, options=options, dynamic=dynamic)


APP = tour(
    on("drink", Reply(text="Gladly!"), select("drink", "**What** would you like?", DRINKS), chose("drink")),
    on("city", select("city", "Which city?", CITIES), chose("city")),
    on("street", select("street", "Which street?", STREETS), chose("street")),
    on("house", select("house", "Which house?", HOUSES), chose("house")),
    on("clause", select("clause", "Which clause?", CLAUSES), chose("clause")),
    on("shelf", select("shelf", "Which one?", ("Mug", "Mug", "Filter"), dynamic=True), chose("shelf")),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("choices"), APP) as made:
        yield made


async def test_few_options_are_buttons_and_the_pick_resumes_the_workflow(stage: Stage) -> None:
    ann, sent, controls = await stage.asks("drink", "Tea")
    assert [message.visible for message in stage.answers(sent)] == [
        "Gladly!",
        "**What** would you like?\n[Tea] [Coffee] [Nothing]",
    ]
    await ann.click(controls, "Coffee")
    first, second = await stage.finished(ann, 2)
    assert second == first | {
        "responseChatItemId": second["responseChatItemId"],
        "messages": [{"role": "user", "content": "Coffee"}],
    }
    await stage.until(lambda: controls.visible == "**What** would you like?\n\n✅ **Coffee**")
    assert stage.answers(sent)[-1].body == "You took Coffee."


async def test_some_options_are_radio_buttons_sent_by_submit(stage: Stage) -> None:
    ann, sent, controls = await stage.asks("city", "Submit")
    await ann.choose(controls, "City 3")
    await ann.click(controls, "Submit")
    await stage.shows(sent, "You took City 3.")
    assert stage.told(ann) == ["city", "City 3"]


async def test_submit_before_anything_is_chosen_says_so(stage: Stage) -> None:
    ann, _, controls = await stage.asks("city", "Submit")
    await ann.click(controls, "Submit")
    await stage.whispered(ann, phrases.CHOOSE)
    assert stage.told(ann) == ["city"]


async def test_many_options_are_a_select(stage: Stage) -> None:
    ann, sent, controls = await stage.asks("street", phrases.CHOOSE)
    assert controls.controls[0].options == STREETS
    await ann.choose(controls, "Street 17")
    await stage.shows(sent, "You took Street 17.")
    assert stage.told(ann)[-1] == "Street 17"


async def test_very_many_options_are_searched_while_typing(stage: Stage) -> None:
    ann, sent, controls = await stage.asks("house", phrases.CHOOSE)
    assert (await ann.suggestions(controls, "house 12"))[:3] == ["House 12", "House 120", "House 121"]
    await stage.slack.settled()
    offered = stage.slack.deliveries[-1].answer["options"]
    await ann.choose(controls, offered[1])
    await stage.shows(sent, "You took House 120.")


async def test_long_options_are_written_out_and_sent_whole(stage: Stage) -> None:
    ann, _sent, controls = await stage.asks("clause", "Submit")
    assert all(clause.strip() in controls.body for clause in CLAUSES)
    await ann.choose(controls, controls.controls[0].options[1])
    await ann.click(controls, "Submit")
    await stage.finished(ann, 2)
    assert stage.told(ann)[-1] == CLAUSES[1]


@pytest.mark.parametrize("words", ["2", "coffee", " COFFEE "])
async def test_typing_the_number_or_the_label_chooses(stage: Stage, words: str) -> None:
    ann, sent, controls = await stage.asks("drink", "Tea")
    await ann.reply(sent, words)
    await stage.finished(ann, 2)
    assert stage.told(ann)[-1] == "Coffee"
    await stage.until(lambda: controls.labels == ())


async def test_options_of_the_same_name_are_told_apart(stage: Stage) -> None:
    ann, sent, controls = await stage.asks("shelf", "Mug")
    await ann.click(controls, action_id="pick.1")
    await stage.shows(sent, "You took Mug.")
    assert stage.told(ann)[-1] == "Mug"
