"""FastGPT over real connections: answers, endings, errors, versions, and every other call."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import httpx
import pytest

from bridge.domain.errors import AssistantError, AssistantFault
from bridge.domain.events import (
    AssistantEvent,
    Citation,
    Finished,
    NodeFinished,
    PluginFinished,
    TextAdded,
    WorkflowPaused,
)
from bridge.domain.ids import AppName, ChatId, TurnId
from bridge.domain.turns import App, ChatStatus, Question
from bridge.domain.updates import Rating
from bridge.fastgpt.client import FastGPT
from bridge.ports import Assistant
from bridge.transport import open_transport
from tests.fastgpt.captures import CAPTURES, Capture, captured
from tests.fastgpt.loopback import Loopback, data, gives, loopback, streams

CHAT, TURN = ChatId("chat"), TurnId("turn")
V1, V2 = "POST /v1/chat/completions", "POST /v2/chat/completions"
TEXT = b'event: answer\ndata: {"choices":[{"delta":{"content":"hi"}}]}\n\n'
STOP = b'event: answer\ndata: {"choices":[{"delta":{"content":null},"finish_reason":"stop"}]}\n\n'
DONE = b"event: answer\ndata: [DONE]\n\n"
NODES = b'event: flowResponses\ndata: [{"id":"1","moduleName":"Chat","moduleType":"chatNode"}]\n\n'


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback() as running:
        yield running


@pytest.fixture
async def fastgpt() -> AsyncIterator[FastGPT]:
    client = FastGPT(open_transport(), first_byte=5, idle=5)
    yield client
    await client.close()


def app(server: Loopback, version: str = "auto") -> App:
    return App(AppName("default"), server.api, "a" * 24, "fastgpt-secretsecret", version)


async def told(client: FastGPT, app: App, question: str = "hi") -> tuple[list[AssistantEvent], AssistantError | None]:
    events: list[AssistantEvent] = []
    try:
        async with aclosing(client.ask(app, CHAT, TURN, Question(question), person="ann")) as answer:
            async for event in answer:
                events.append(event)
    except AssistantError as error:
        return events, error
    return events, None


def test_it_is_the_assistant_the_bridge_wants() -> None:
    client: Assistant = FastGPT(httpx.MockTransport(lambda _: httpx.Response(500)))
    assert client


async def test_a_question_is_sent_and_its_answer_streams_in(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[V2] = streams(TEXT, STOP, DONE)
    assert await told(fastgpt, app(server)) == ([TextAdded("hi"), Finished()], None)
    (asked,) = server.asked
    assert asked.headers["Authorization"] == "Bearer fastgpt-secretsecret"
    assert asked.headers["Accept-Encoding"] == "identity"  # a compressing proxy holds back what has just been said
    assert (asked.json["responseChatItemId"], asked.json["chatId"], asked.json["detail"]) == ("turn", "chat", True)


ANSWERS = [c for c in CAPTURES if c.oracle is not None and "rejected" not in c.oracle and "disconnect" not in c.name]


@pytest.mark.parametrize("capture", ANSWERS, ids=str)
async def test_every_captured_answer_is_told_to_its_end(server: Loopback, fastgpt: FastGPT, capture: Capture) -> None:
    server.pages[V2] = gives(capture.body, capture.status, capture.content_type)
    events, error = await told(fastgpt, app(server))
    assert (events[-1], error) == (Finished(), None)


@pytest.mark.parametrize("version", ["4.12.1", "4.14.3"])
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("50-badkey-v1-stream", AssistantFault.BAD_KEY),
        ("50-nokey-v1-stream", AssistantFault.BAD_KEY),
        ("50-badkey-v1-json", AssistantFault.BAD_KEY),
        ("51-accountkey-noapp-v1-stream", AssistantFault.BAD_APP),
        ("52-emptymessages-v1-stream", AssistantFault.BAD_REQUEST),
        ("56-big", AssistantFault.BAD_REQUEST),
        ("84-share-otheruid-simple", AssistantFault.CHAT_FORBIDDEN),
    ],
)
async def test_a_refusal_is_an_error_whatever_its_status_and_content_type(
    server: Loopback, fastgpt: FastGPT, version: str, name: str, fault: AssistantFault
) -> None:
    capture = captured(name, version)
    server.pages[V2] = gives(capture.body, capture.status, capture.content_type)
    events, error = await told(fastgpt, app(server))
    assert events == []
    assert error is not None
    assert (error.fault, error.permanent) == (fault, True)


async def test_an_error_after_text_comes_after_the_text(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[V2] = gives(captured("63-concurrent-resume-2").body, 200, "text/event-stream")
    events, error = await told(fastgpt, app(server))
    assert events == [TextAdded("\nYou confirmed.")]
    assert error is not None
    assert not error.permanent


@pytest.mark.parametrize("then", ["end", "cut"])
async def test_a_stream_that_breaks_off_is_an_error_after_its_text(
    server: Loopback, fastgpt: FastGPT, then: str
) -> None:
    server.pages[V2] = streams(TEXT, then=then)
    events, error = await told(fastgpt, app(server))
    assert events == [TextAdded("hi")]
    assert error is not None
    assert (error.fault, error.permanent, error.unseen) == (AssistantFault.UNREACHABLE, False, False)


@pytest.mark.parametrize("chunks", [(TEXT, STOP, DONE, NODES), (TEXT, STOP, NODES, DONE)])
@pytest.mark.parametrize("then", ["end", "cut"])
async def test_what_comes_after_the_stop_frame_is_read_to_the_end(
    server: Loopback, fastgpt: FastGPT, chunks: tuple[bytes, ...], then: str
) -> None:
    server.pages[V2] = streams(*chunks, then=then)
    events, error = await told(fastgpt, app(server))
    assert [type(event) for event in events] == [TextAdded, NodeFinished, Finished]
    assert error is None


async def test_a_complete_answer_does_not_wait_for_a_connection_that_stays_open(server: Loopback) -> None:
    client = FastGPT(open_transport(), grace=0.05)
    server.pages[V2] = streams(TEXT, STOP, DONE, then="held")
    assert await told(client, app(server)) == ([TextAdded("hi"), Finished()], None)
    await client.close()


async def test_silence_before_the_first_byte_ends_in_time(server: Loopback) -> None:
    client = FastGPT(open_transport(), first_byte=0.1)
    server.pages[V2] = streams(then="held")
    _, error = await told(client, app(server))
    assert error is not None
    assert (error.fault, error.permanent) == (AssistantFault.TIMEOUT, False)
    await client.close()


async def test_silence_after_text_ends_in_time_and_keeps_the_text(server: Loopback) -> None:
    client = FastGPT(open_transport(), idle=0.1)
    server.pages[V2] = streams(TEXT, then="held")
    events, error = await told(client, app(server))
    assert events == [TextAdded("hi")]
    assert error is not None
    assert error.fault is AssistantFault.TIMEOUT
    await client.close()


async def test_closing_the_answer_hangs_up(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[V2] = streams(TEXT, then="held")
    async with aclosing(fastgpt.ask(app(server), CHAT, TURN, Question("hi"), person="ann")) as answer:
        assert await anext(answer) == TextAdded("hi")
    await asyncio.wait_for(server.hung_up.wait(), 5)


async def test_cancelling_the_task_hangs_up(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[V2] = streams(TEXT, then="held")
    task = asyncio.create_task(told(fastgpt, app(server)))
    await asyncio.wait_for(server.busy.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(server.hung_up.wait(), 5)


async def test_an_answer_at_once_instead_of_a_stream_is_told_the_same(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[V2] = gives(captured("01-simple-v2-json-detail").body)
    events, _ = await told(fastgpt, app(server))
    assert (events[0], events[-1]) == (TextAdded("Echo: hello there"), Finished())


async def test_the_client_can_ask_for_an_answer_at_once(server: Loopback) -> None:
    client = FastGPT(open_transport(), stream=False)
    server.pages[V2] = gives(captured("46-plugin-json").body)
    events, _ = await told(client, app(server), "")
    assert PluginFinished({"result": "abc"}) in events
    assert (server.asked[0].json["stream"], server.asked[0].json["messages"]) == (False, [])
    await client.close()


@pytest.mark.parametrize("body", ["<html>Welcome to nginx</html>", "hello", "{", ""])
async def test_what_is_not_fastgpt_is_an_error_without_its_words(server: Loopback, fastgpt: FastGPT, body: str) -> None:
    server.pages[V2] = gives(body, content_type="text/html")
    events, error = await told(fastgpt, app(server))
    assert events == []
    assert error is not None
    assert "nginx" not in error.sentence


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://nowhere.invalid", "https://{server}"])
async def test_a_server_that_is_not_there_has_no_name_or_no_certificate_is_unreachable(
    server: Loopback, fastgpt: FastGPT, address: str
) -> None:
    address = address.format(server=app(server).base_url.split("/")[2])
    _, error = await told(fastgpt, App(AppName("a"), f"{address}/api", "a", "k"))
    assert error is not None
    assert (error.fault, error.permanent, error.unseen) == (AssistantFault.UNREACHABLE, False, True)


async def test_redirects_are_not_followed(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[V2] = gives("", 301, "text/html", headers={"Location": "http://127.0.0.1:9/elsewhere"})
    _, error = await told(fastgpt, app(server))
    assert error is not None
    assert error.permanent
    assert len(server.asked) == 1


# --- versions ---


async def test_v1_is_used_where_v2_is_missing_and_v2_is_not_asked_again(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[V1] = streams(TEXT, STOP, DONE, NODES)
    for _ in range(3):
        events, error = await told(fastgpt, app(server))
        assert error is None
        assert events[0] == TextAdded("hi")
    assert server.paths.count("POST /api/v2/chat/completions") == 1


async def test_an_upgrade_to_v2_is_noticed_after_a_day(server: Loopback) -> None:
    now = [0.0]
    client = FastGPT(open_transport(), monotonic=lambda: now[0])
    server.pages[V1] = streams(TEXT, STOP)
    await told(client, app(server))
    server.pages[V2] = streams(TEXT, STOP)
    await told(client, app(server))
    now[0] = 90_000
    await told(client, app(server))
    assert [path[-19:-17] for path in server.paths] == ["v2", "v1", "v1", "v2"]
    await client.close()


async def test_a_downgrade_to_v1_is_noticed_at_once(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[V2] = streams(TEXT, STOP)
    await told(fastgpt, app(server))
    server.pages = {V1: streams(TEXT, STOP)}
    assert (await told(fastgpt, app(server)))[1] is None


@pytest.mark.parametrize(("version", "path"), [("v1", "/api/v1/chat/completions"), ("v2", "/api/v2/chat/completions")])
async def test_a_fixed_version_is_the_only_one_asked(
    server: Loopback, fastgpt: FastGPT, version: str, path: str
) -> None:
    _, error = await told(fastgpt, app(server, version))
    assert [asked.path for asked in server.asked] == [path]
    assert error is not None
    assert (error.fault, error.permanent) == (AssistantFault.NOT_FOUND, True)


async def test_a_404_in_fastgpts_own_words_is_no_missing_version(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[V2] = gives('{"code":502000,"statusText":"appUnExist","message":"x"}', 404)
    _, error = await told(fastgpt, app(server))
    assert len(server.asked) == 1
    assert error is not None
    assert error.fault is AssistantFault.BAD_APP


# --- the other calls ---

NEW = "POST /core/chat/record/getPaginationRecords"
OLD = "POST /core/chat/getPaginationRecords"


@pytest.mark.parametrize("missing", [404, 405])
async def test_an_old_address_is_found_and_remembered(server: Loopback, fastgpt: FastGPT, missing: int) -> None:
    server.pages[NEW] = gives("<html/>", missing, "text/html")
    server.pages[OLD] = gives(captured("70-records", "4.12.1").body)
    for _ in range(2):
        assert [record.text for record in await fastgpt.records(app(server), CHAT)] == ["hello api", "Echo: hello api"]
    assert server.paths == [f"POST /api{page[5:]}" for page in (NEW, OLD, OLD)]


async def test_a_moved_address_is_found_again(server: Loopback, fastgpt: FastGPT) -> None:
    body = gives(captured("70-records").body)
    server.pages[OLD] = body
    await fastgpt.records(app(server), CHAT)
    server.pages = {NEW: body}
    assert len(await fastgpt.records(app(server), CHAT)) == 2


async def test_a_call_no_server_has_says_so(server: Loopback, fastgpt: FastGPT) -> None:
    with pytest.raises(AssistantError) as caught:
        await fastgpt.records(app(server), CHAT)
    assert caught.value.fault is AssistantFault.NOT_FOUND


async def test_an_error_in_http_200_is_an_error(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[NEW] = gives('{"code":504000,"statusText":"unAuthChat","message":"x","data":null}')
    with pytest.raises(AssistantError) as caught:
        await fastgpt.records(app(server), CHAT)
    assert caught.value.fault is AssistantFault.CHAT_FORBIDDEN


async def test_stop_tells_whether_the_server_can(server: Loopback, fastgpt: FastGPT) -> None:
    assert not await fastgpt.stop(app(server), CHAT)
    server.pages["POST /v2/chat/stop"] = data('{"success":true}')
    assert await fastgpt.stop(app(server), CHAT)
    assert server.asked[-1].json == {"appId": "a" * 24, "chatId": "chat"}


STATUS = "POST /core/chat/history/getHistoryStatus"


async def test_the_status_of_a_chat_is_unknown_where_the_server_has_none(server: Loopback, fastgpt: FastGPT) -> None:
    assert await fastgpt.status(app(server), CHAT) is ChatStatus.UNKNOWN
    server.pages[STATUS] = data('{"list":[{"chatId":"chat","chatGenerateStatus":0}]}')
    assert await fastgpt.status(app(server), CHAT) is ChatStatus.GENERATING


async def test_a_run_outlives_its_connection_only_on_v2_of_a_server_with_a_status(
    server: Loopback, fastgpt: FastGPT
) -> None:
    assert not await fastgpt.outlives_connection(app(server))
    server.pages[STATUS] = data('{"list":[]}')
    assert await fastgpt.outlives_connection(app(server))
    assert not await fastgpt.outlives_connection(app(server, "v1"))


async def test_the_opening_is_read_from_the_app(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages["GET /core/chat/init"] = gives(captured("71-init").body)
    opening = await fastgpt.opening(app(server), CHAT)
    assert opening.questions == ("What can you do?", "Tell me a joke")
    assert server.asked[0].query == {"appId": "a" * 24, "chatId": "chat"}


async def test_suggestions_are_text_whatever_the_model_made(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages["POST /core/ai/agent/v2/createQuestionGuide"] = data('["One?", 2, null, {"x":1}, " One? ", ""]')
    assert await fastgpt.suggest(app(server), CHAT) == ["One?", "2"]


async def test_an_old_server_is_told_the_conversation_for_suggestions(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[OLD] = gives(captured("70-records").body)
    server.pages["POST /core/ai/agent/createQuestionGuide"] = gives(captured("75-qguide-v1").body)
    assert len(await fastgpt.suggest(app(server), CHAT)) == 3
    assert server.asked[-1].json["messages"][0] == {"role": "user", "content": "hello api"}


@pytest.mark.parametrize(
    ("rating", "reason", "vote"),
    [
        (Rating.GOOD, "", {"userGoodFeedback": "yes"}),
        (Rating.BAD, "Wrong", {"userBadFeedback": "Wrong"}),
        (Rating.BAD, "", {"userBadFeedback": "bad"}),
        (Rating.NONE, "", {}),
    ],
)
async def test_a_vote_leaves_the_other_out(
    server: Loopback, fastgpt: FastGPT, rating: Rating, reason: str, vote: dict[str, str]
) -> None:
    server.pages["POST /core/chat/feedback/updateUserFeedback"] = data("null")
    await fastgpt.rate(app(server), CHAT, "rec", rating, reason)
    assert server.asked[0].json == {"appId": "a" * 24, "chatId": "chat", "dataId": "rec", **vote}


async def test_a_vote_on_an_unknown_record_says_that_it_is_gone(server: Loopback, fastgpt: FastGPT) -> None:
    capture = captured("73-feedback-unknown-dataid")
    server.pages["POST /core/chat/feedback/updateUserFeedback"] = gives(capture.body, capture.status)
    with pytest.raises(AssistantError) as caught:
        await fastgpt.rate(app(server), CHAT, "rec", Rating.GOOD, "")
    assert (caught.value.fault, caught.value.permanent) == (AssistantFault.NOT_FOUND, True)


async def test_run_details_come_from_either_address(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages["GET /core/chat/getResData"] = gives(captured("74-resdata", "4.12.1").body)
    assert [node.kind for node in await fastgpt.nodes(app(server), CHAT, "rec")] == ["workflowStart", "chatNode"]


async def test_quotes_are_fetched_in_lots_and_given_by_id(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages["POST /core/chat/record/getQuote"] = data('[{"_id":"1","q":"What","a":"That"},{"_id":2},7]')
    wanted = [Citation(str(n), "Doc", collection="c") for n in range(201)]
    assert await fastgpt.quotes(app(server), CHAT, "rec", wanted) == {"1": "What\nThat"}
    assert [len(asked.json["datasetDataIdList"]) for asked in server.asked] == [200, 1]
    assert server.asked[0].json["collectionIdList"] == ["c"]


@pytest.mark.parametrize(
    ("ids", "deleted"),
    [(("human", "rec"), ["human", "rec"]), (("rec", "rec"), ["rec"]), (("human", "other"), [])],
)
async def test_both_halves_of_a_round_are_forgotten(
    server: Loopback, fastgpt: FastGPT, ids: tuple[str, str], deleted: list[str]
) -> None:
    items = [{"dataId": ids[0], "obj": "Human", "value": []}, {"dataId": ids[1], "obj": "AI", "value": []}]
    server.pages[OLD] = data(json.dumps({"list": items}))
    server.pages["DELETE /core/chat/item/delete"] = data("null")
    await fastgpt.forget(app(server), CHAT, "rec")
    calls = [asked for asked in server.asked if asked.path.endswith("item/delete")]
    assert [(call.query["contentId"], call.json["contentId"]) for call in calls] == [(id, id) for id in deleted]


async def test_the_key_is_in_no_log_and_no_error(
    server: Loopback, fastgpt: FastGPT, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.pages[V2] = gives('{"code":500,"message":"no: fastgpt-secretsecret"}', 500)
    _, error = await told(fastgpt, app(server))
    assert error is not None
    assert "secretsecret" not in error.sentence + caplog.text + repr(app(server))


async def test_a_pause_ends_the_stream_like_any_answer(server: Loopback, fastgpt: FastGPT) -> None:
    server.pages[V2] = gives(captured("20-select-pause-v2-stream-detail").body, content_type="text/event-stream")
    events, _ = await told(fastgpt, app(server))
    assert [type(e) for e in events if not isinstance(e, NodeFinished)] == [WorkflowPaused, Finished]


@pytest.mark.parametrize("stream", [True, False])
async def test_a_key_that_the_server_repeats_in_an_error_of_its_own_is_not_told_on(
    server: Loopback, fastgpt: FastGPT, stream: bool
) -> None:
    words = json.dumps({"code": 500, "message": "no such key: s3cret-of-ours"})
    server.pages[V2] = gives(f"event: error\ndata: {words}\n\n" if stream else words)
    _, error = await told(fastgpt, replace(app(server), key="s3cret-of-ours"))
    assert error is not None
    assert "no such key" in error.sentence
    assert "s3cret" not in error.sentence
