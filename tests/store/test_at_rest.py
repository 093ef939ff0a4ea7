"""What lies in the database: no password in clear, and nothing that stops the program when it cannot be read."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bridge.domain.interactions import Draft, Filled
from bridge.domain.turns import Question
from bridge.store.sql import SqlStore
from tests.builders import ANN, asking, message
from tests.contracts.store_secrets import ASKED, LOGIN, SECRET, accepted, submitted
from tests.contracts.store_world import LEASE, claimed, told, turn_of
from tests.store.worlds import opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bridge.db"


def damaged(file: Path, id: str, **columns: str) -> None:
    connection = sqlite3.connect(file)
    for column, value in columns.items():
        connection.execute(f"UPDATE inbox SET {column} = ? WHERE id = ?", (value, id))
    connection.commit()
    connection.close()


def lying_in(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir())


async def walk_through_a_login(store: SqlStore) -> None:
    claim = await told(store, message("hunter2", secret=True))
    await store.open_interaction(claim, asking(ask=LOGIN))
    await store.save_draft(ASKED, 0, Draft(2, SECRET))
    await store.put([submitted()])
    await store.answer_interaction(ASKED, "press1", ANN, Filled(SECRET), accepted())
    question = Question(answer=Filled(SECRET, ("pass",)), variables=SECRET)
    await store.begin_turn(claim, turn_of(claim, question=question))


async def test_no_password_lies_open_in_the_file(tmp_path: Path, file: Path) -> None:
    async with opened(f"sqlite:///{file}") as store:
        await walk_through_a_login(store)
        assert b"Log in" in lying_in(tmp_path)
        assert b"hunter2" not in lying_in(tmp_path)


async def test_an_update_that_cannot_be_read_is_set_aside_and_the_next_one_handled(file: Path) -> None:
    bad, good = message(), message()
    async with opened(f"sqlite:///{file}") as store:
        await store.put([bad, good])
        damaged(file, bad.id, payload='{"from": "another world"}')
        assert (await claimed(store)).updates == (good,)
        (entry,) = await store.inbox("dead", 10)
        assert entry.id == bad.id
        assert entry.error.startswith("the stored update cannot be read: MessageReceived")


async def test_a_conversation_with_nothing_readable_is_let_go(file: Path) -> None:
    bad, good = message(), message()
    async with opened(f"sqlite:///{file}") as store:
        await store.put([bad])
        damaged(file, bad.id, kind="Telepathy")
        assert await store.claim("w1", LEASE) is None
        await store.put([good])
        assert (await claimed(store)).updates == (good,)


async def test_an_unreadable_part_of_a_batch_does_not_take_the_rest_along(file: Path) -> None:
    first, bad, last = (message(batch="album") for _ in range(3))
    async with opened(f"sqlite:///{file}") as store:
        await store.put([first, bad, last])
        damaged(file, bad.id, payload="")
        claim = await claimed(store)
        assert claim.updates == (first,)
        await store.finish(claim)
        assert (await claimed(store)).updates == (last,)


async def test_with_another_key_secrets_are_lost_and_nothing_else(file: Path) -> None:
    async with opened(f"sqlite:///{file}") as store:
        await walk_through_a_login(store)
    async with opened(f"sqlite:///{file}", secret_key="another") as store:
        asked, turn = await store.interaction(ASKED), await store.latest_turn(message().conversation)
        assert asked is not None
        assert (asked.draft.values, asked.answer) == ({"user": "ann"}, Filled({"user": "ann"}))
        assert turn is not None
        assert turn.question == Question()
        await store.put([message("after")])
        assert await store.update("fake", "bot", "submitted") is None
