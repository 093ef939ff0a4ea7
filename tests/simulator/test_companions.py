"""The calls around a conversation, at the addresses of their version."""

from __future__ import annotations

import httpx
import pytest

from bridge.simulator import Simulator
from tests.simulator.talk import Talk

_OLD = "/api/core/chat/getPaginationRecords"
_NEW = "/api/core/chat/record/getPaginationRecords"


@pytest.mark.parametrize(
    ("profile", "there", "gone"), [("4.12", _OLD, _NEW), ("4.14.3", _OLD, _NEW), ("4.16", _NEW, _OLD)]
)
async def test_an_address_of_another_version_is_a_page_that_says_404(profile: str, there: str, gone: str) -> None:
    async with Simulator(profile) as sim:
        found, missing = await Talk(sim).call("POST", there), await Talk(sim).call("POST", gone)
        assert (found.json["data"], missing.status) == ({"list": [], "total": 0}, 404)
        assert missing.headers["Content-Type"].startswith("text/html")


async def test_records_are_paged_from_the_newest_in_order_of_time() -> None:
    async with Simulator() as sim:
        for text in ("one", "two", "three"):
            await Talk(sim).say(text)
        page = await Talk(sim).call("POST", _NEW, {"offset": 2, "pageSize": 2})
        asked = [item["value"][0]["text"]["content"] for item in page.json["data"]["list"] if item["obj"] == "Human"]
        assert (asked, page.json["data"]["total"]) == (["two"], 6)


async def test_a_vote_sets_what_it_names_and_takes_away_the_rest() -> None:
    async with Simulator() as sim:
        await Talk(sim).say("hello", responseChatItemId="r1")
        votes = []
        for vote in ({"userGoodFeedback": "yes"}, {"userBadFeedback": "too long"}, {}):
            await Talk(sim).call("POST", "/api/core/chat/feedback/updateUserFeedback", {"dataId": "r1", **vote})
            record = sim.records("chat-1")[-1]
            votes.append((record.good, record.bad))
        assert votes == [("yes", None), (None, "too long"), (None, None)]


@pytest.mark.parametrize(("profile", "status"), [("4.9.4", 200), ("4.12", 500)])
async def test_a_vote_on_an_unknown_answer_fails_from_4_12_on(profile: str, status: int) -> None:
    async with Simulator(profile) as sim:
        path = "/api/core/chat/feedback/updateUserFeedback"
        assert (await Talk(sim).call("POST", path, {"dataId": "nope"})).status == status


async def test_a_softly_deleted_chat_is_still_remembered_by_the_model() -> None:
    async with Simulator("4.14") as sim:
        await Talk(sim).say("my name is Ann")
        await Talk(sim).call("DELETE", "/api/core/chat/history/delHistory")
        listed = await Talk(sim).call("POST", "/api/core/chat/history/getHistories")
        assert (listed.json["data"]["total"], await Talk(sim).records()) == (0, [])
        assert "my name is Ann" in (await Talk(sim).say("who am I")).text


async def test_a_chat_is_renamed_and_pinned_with_put_alone_in_newer_versions() -> None:
    async with Simulator("4.16") as sim:
        await Talk(sim).say("hello")
        path = "/api/core/chat/history/updateHistory"
        assert (await Talk(sim).call("POST", path, {"customTitle": "x"})).status == 405
        await Talk(sim).call("PUT", path, {"customTitle": "Coffee", "top": True})
        (chat,) = (await Talk(sim).call("POST", "/api/core/chat/history/getHistories")).json["data"]["list"]
        assert (chat["customTitle"], chat["top"]) == ("Coffee", True)


@pytest.mark.parametrize(
    ("profile", "path", "in_body"),
    [
        ("4.12", "/api/core/chat/item/delete", False),
        ("4.14.3", "/api/core/chat/item/delete", True),
        ("4.16", "/api/core/chat/record/delete", False),
        ("4.16", "/api/core/chat/record/delete", True),
    ],
)
async def test_a_record_is_deleted_by_its_data_id(profile: str, path: str, in_body: bool) -> None:
    async with Simulator(profile) as sim:
        await Talk(sim).say("hello", responseChatItemId="r1")
        if in_body:
            await Talk(sim).call("DELETE", path, {"contentId": "r1"})
        else:
            await Talk(sim).call("DELETE", path, contentId="r1")
        assert "AI" not in [record["obj"] for record in await Talk(sim).records()]


async def test_the_newest_version_deletes_both_halves_of_a_round() -> None:
    async with Simulator("4.16") as sim:
        await Talk(sim).say("hello", responseChatItemId="r1")
        await Talk(sim).call("DELETE", "/api/core/chat/record/delete", contentId="r1")
        assert sim.records("chat-1") == []


async def test_the_opening_of_an_app_is_what_the_app_says() -> None:
    async with Simulator() as sim:
        opened = (await Talk(sim).call("GET", "/api/core/chat/init")).json["data"]
        config = opened["app"]["chatConfig"]
        assert ("[I would like to order]" in config["welcomeText"], config["questionGuide"]["open"]) == (True, True)
        assert opened["app"]["type"] == "advanced"


async def test_the_newest_version_opens_no_app_without_a_chat_id() -> None:
    async with Simulator("4.16") as sim:
        assert (await Talk(sim).call("GET", "/api/core/chat/init", chatId="")).status == 400


async def test_quotes_have_no_text_in_the_run_details_but_in_the_quote_call() -> None:
    async with Simulator() as sim:
        await Talk(sim).say("sources", responseChatItemId="r1")
        nodes = (await Talk(sim).call("GET", "/api/core/chat/record/getResData", dataId="r1")).json["data"]
        (quotes,) = [node["quoteList"] for node in nodes if "quoteList" in node]
        asked = {
            "chatItemDataId": "r1",
            "datasetDataIdList": [quotes[0]["id"]],
            "collectionIdList": [quotes[0]["collectionId"]],
        }
        (found,) = (await Talk(sim).call("POST", "/api/core/chat/record/getQuote", asked)).json["data"]
        assert ("q" in quotes[0], found["q"][:11]) == (False, "Whole beans")


async def test_follow_up_questions_are_those_of_the_app() -> None:
    async with Simulator() as sim:
        guide = await Talk(sim).call("POST", "/api/core/ai/agent/v2/createQuestionGuide")
        assert guide.json["data"] == list(sim.app("demo").suggestions)


async def test_an_uploaded_file_can_be_read_again_at_its_preview() -> None:
    async with Simulator("4.12") as sim, httpx.AsyncClient(base_url=sim.base_url, verify=False) as client:
        sent = await client.post(
            "/api/common/file/upload",
            headers={"Authorization": f"Bearer {sim.key('demo')}"},
            files={"file": ("b%C3%B6hne.txt", b"beans", "text/plain")},
            data={"bucketName": "chat", "metadata": "{}", "data": f'{{"appId":"{sim.app_id("demo")}"}}'},
        )
        read = await client.get(sent.json()["data"]["previewUrl"])
        assert (read.content, next(iter(sim.state.files.values())).name) == (b"beans", "böhne.txt")


async def test_a_presigned_form_takes_a_file_without_a_key() -> None:
    async with Simulator("4.14.3") as sim, httpx.AsyncClient(verify=False) as client:
        signed = (await Talk(sim).call("POST", "/api/core/chat/presignChatFilePostUrl", {"filename": "a.txt"})).json[
            "data"
        ]
        sent = await client.post(
            signed["url"], data=signed["fields"], files={"file": ("a.txt", b"beans", "text/plain")}
        )
        body = {"key": signed["fields"]["key"]}
        address = (await Talk(sim).call("POST", "/api/core/chat/presignChatFileGetUrl", body)).json["data"]
        assert (sent.status_code, (await client.get(address)).content) == (204, b"beans")


async def test_a_presigned_address_takes_a_file_without_a_key() -> None:
    async with Simulator("4.16") as sim, httpx.AsyncClient(verify=False) as client:
        path = "/api/core/chat/file/presignChatFilePostUrl"
        signed = (await Talk(sim).call("POST", path, {"filename": "a b.txt"})).json["data"]
        await client.put(signed["url"], headers=signed["headers"], content=b"beans")
        assert (await client.get(signed["previewUrl"])).content == b"beans"


async def test_an_app_that_takes_no_files_says_so() -> None:
    async with Simulator("4.16") as sim:
        path = "/api/core/chat/file/presignChatFilePostUrl"
        refused = await Talk(sim, "plugin").call("POST", path, {"filename": "a.txt"})
        assert refused.json["statusText"] == "FileUploadDisabled"


async def test_sound_becomes_text_and_text_sound() -> None:
    async with Simulator() as sim, httpx.AsyncClient(base_url=sim.base_url, verify=False) as client:
        heard = await client.post(
            "/api/v1/audio/transcriptions",
            headers={"Authorization": f"Bearer {sim.key('demo')}"},
            files={"file": ("voice.ogg", b"ogg", "audio/ogg")},
            data={"data": f'{{"appId":"{sim.app_id("demo")}","duration":1}}'},
        )
        voice = {"ttsConfig": dict(sim.app("demo").voice), "input": "Hello"}
        async with httpx.AsyncClient(
            base_url=sim.base_url, headers={"Authorization": f"Bearer {sim.key('demo')}"}
        ) as me:
            spoken = await me.post("/api/core/chat/record/getSpeech", json={"appId": sim.app_id("demo"), **voice})
        assert (heard.json()["data"], spoken.content[:4]) == ("This is what was said.", b"RIFF")


async def test_a_key_tells_its_app_from_4_14_on() -> None:
    async with Simulator("4.14") as sim, httpx.AsyncClient(base_url=sim.base_url, verify=False) as client:
        told = await client.get("/api/support/openapi/health", params={"apiKey": sim.key("demo")})
        assert told.json()["data"]["appId"] == sim.app_id("demo")
