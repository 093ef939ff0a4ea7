"""What every store promises of its inbox: nothing twice, in order, one at a time, and not for ever."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.domain.errors import LeaseLost
from bridge.domain.ids import ConversationKey, TurnId
from bridge.domain.updates import AnswerFinished, StopRequested, Unreadable
from tests.builders import ANN, HERE, message
from tests.contracts.store_world import LEASE, StoreCase, World, claimed, ids, told, turn_of
from tests.fakes import START

THERE = ConversationKey("fake", "bot", "C2")


class InboxContract(StoreCase):
    async def test_an_update_comes_out_as_it_was_put_in(self, world: World) -> None:
        hello = message("hello \x00 \u2028 😀", batch="b", quoted="> before", channel="C1")
        await world.store.put([hello])
        assert (await claimed(world.other)).updates == (hello,)

    async def test_the_same_update_put_five_times_is_one(self, world: World) -> None:
        hello = message()
        assert [await world.store.put([hello]) for _ in range(4)] == [1, 0, 0, 0]
        assert await world.store.put([hello, hello]) == 0
        await world.store.finish(await claimed(world.store))
        assert await world.store.claim("w1", LEASE) is None

    async def test_an_update_repeated_within_one_delivery_is_one(self, world: World) -> None:
        hello = message()
        assert await world.store.put([hello, hello, message()]) == 2
        assert await world.store.depth() == {"new": 2, "done": 0, "dead": 0}

    async def test_a_finished_update_that_is_delivered_again_stays_finished(self, world: World) -> None:
        hello = message()
        await world.store.finish(await told(world.store, hello))
        assert await world.store.put([hello]) == 0
        assert await world.store.claim("w1", LEASE) is None

    async def test_how_long_the_oldest_update_waits_is_told_until_it_is_done(self, world: World) -> None:
        assert await world.store.longest_wait() is None
        claim = await told(world.store)
        await world.advance(30)
        await world.store.put([message()])
        waited = await world.store.longest_wait()
        assert waited is not None
        assert timedelta(seconds=30) <= waited < timedelta(seconds=40)
        await world.store.finish(claim)
        waited = await world.store.longest_wait()
        assert waited is not None
        assert waited < timedelta(seconds=10)

    async def test_the_same_id_from_another_bot_is_another_update(self, world: World) -> None:
        elsewhere = replace(HERE, bot="other")
        assert await world.store.put([message(id="1"), message(id="1", conversation=elsewhere)]) == 2

    async def test_a_conversation_is_worked_on_in_the_order_of_arrival(self, world: World) -> None:
        first, second, third = message(), message(), message()
        await world.store.put([first, second])
        await world.store.put([third])
        for expected in (first, second, third):
            claim = await claimed(world.store)
            assert claim.updates == (expected,)
            await world.store.finish(claim)

    async def test_nobody_else_gets_a_conversation_that_is_held(self, world: World) -> None:
        await told(world.store, message(), message())
        assert await world.other.claim("w2", LEASE) is None

    async def test_a_slow_conversation_does_not_hold_up_another(self, world: World) -> None:
        await told(world.store, message(), message())
        await world.store.put([message(conversation=THERE)])
        assert (await claimed(world.other, "w2")).updates[0].conversation == THERE

    async def test_a_stop_does_not_wait_behind_the_answer_it_is_to_stop(self, world: World) -> None:
        await told(world.store)
        await world.store.put([StopRequested(id="stop", conversation=HERE, by=ANN, at=START)])
        assert ids(await world.store.claim("w2", LEASE)) == ["stop"]

    async def test_the_conversation_that_has_waited_longest_comes_first(self, world: World) -> None:
        await world.store.put([message(conversation=THERE)])
        await world.advance(1)
        await world.store.put([message(), message()])
        await world.advance(1)
        await world.store.put([message(conversation=THERE)])
        assert (await claimed(world.store)).updates[0].conversation == THERE

    async def test_a_conversation_with_much_to_do_lets_others_in_between(self, world: World) -> None:
        await world.store.put([message(), message(), message()])
        await world.advance(1)
        await world.store.put([message(conversation=THERE)])
        await world.advance(1)
        await world.store.finish(await claimed(world.store))
        assert (await claimed(world.store)).updates[0].conversation == THERE

    async def test_of_two_workers_that_claim_at_the_same_instant_one_wins(self, world: World) -> None:
        for _ in range(10):
            await world.store.put([message()])
            claims = await asyncio.gather(*(store.claim("w", LEASE) for store in (world.store, world.other) * 4))
            won = [claim for claim in claims if claim is not None]
            assert len(won) == 1
            await world.store.finish(won[0])

    async def test_many_workers_share_many_conversations_without_doing_one_twice(self, world: World) -> None:
        await world.store.put([message(conversation=replace(HERE, address=f"C{n}")) for n in range(20)])
        claims = await asyncio.gather(*(store.claim("w", LEASE) for store in (world.store, world.other) * 15))
        taken = [claim.lane for claim in claims if claim is not None]
        while (claim := await world.store.claim("w", LEASE)) is not None:
            taken.append(claim.lane)
        assert len(taken) == len(set(taken)) == 20

    # --- leases ---

    async def test_an_expired_lease_is_claimed_again(self, world: World) -> None:
        lost = await told(world.store)
        await world.advance(61)
        again = await claimed(world.other, "w2")
        assert (again.updates, again.attempts) == (lost.updates, 2)
        assert again.epoch > lost.epoch

    async def test_a_lease_that_is_kept_alive_is_not_claimed_again(self, world: World) -> None:
        await told(world.store)
        for _ in range(4):
            await world.advance(30)
            assert (await world.store.beat("w1", LEASE)).lost == frozenset()
        assert await world.other.claim("w2", LEASE) is None

    async def test_a_worker_that_slept_through_its_lease_learns_that_it_lost_it(self, world: World) -> None:
        lost = await told(world.store)
        await world.advance(61)
        await claimed(world.other, "w2")
        assert (await world.store.beat("w1", LEASE)).lost == {lost.lane}
        assert (await world.store.beat("w1", LEASE)).lost == frozenset()

    async def test_a_heartbeat_keeps_an_expired_lease_that_nobody_took(self, world: World) -> None:
        await told(world.store)
        await world.advance(61)
        assert (await world.store.beat("w1", LEASE)).lost == frozenset()
        assert await world.other.claim("w2", LEASE) is None

    async def test_a_finished_claim_is_not_lost(self, world: World) -> None:
        await world.store.finish(await told(world.store))
        await world.store.put([message()])
        await claimed(world.other, "w2")
        assert (await world.store.beat("w1", LEASE)).lost == frozenset()

    async def test_a_worker_without_claims_has_a_heartbeat_too(self, world: World) -> None:
        beat = await world.store.beat("w1", LEASE)
        assert (beat.lost, dict(beat.stopped)) == (frozenset(), {})

    async def test_who_lost_the_lease_can_change_nothing(self, world: World) -> None:
        lost = await told(world.store)
        turn = turn_of(lost)
        await world.store.begin_turn(lost, turn)
        await world.advance(61)
        await claimed(world.other, "w2")
        for change in (
            world.store.finish(lost, [message()]),
            world.store.release(lost, timedelta(0)),
            world.store.bury(lost, "no"),
            world.store.begin_turn(lost, turn_of(lost, "turn2")),
            world.store.save_turn(lost, replace(turn, text="late")),
        ):
            with pytest.raises(LeaseLost):
                await change
        kept = await world.store.turn(turn.id)
        assert kept is not None
        assert kept.text == ""
        assert await world.store.depth() == {"new": 1, "done": 0, "dead": 0}

    # --- how a claim ends ---

    async def test_what_follows_is_enqueued_with_the_end_of_what_it_follows(self, world: World) -> None:
        follow_up = AnswerFinished(id="after", conversation=HERE, by=ANN, at=START, turn=TurnId("turn1"))
        await world.store.finish(await told(world.store), [follow_up])
        assert (await claimed(world.other)).updates == (follow_up,)

    async def test_finishing_twice_changes_nothing_more(self, world: World) -> None:
        claim = await told(world.store, message(), message())
        await world.store.finish(claim)
        await world.store.finish(claim)
        assert await world.store.depth() == {"new": 1, "done": 1, "dead": 0}
        assert await world.store.claim("w1", LEASE) is not None

    async def test_a_failure_is_retried_after_its_delay(self, world: World) -> None:
        claim = await told(world.store)
        await world.store.release(claim, timedelta(seconds=30))
        assert await world.store.claim("w1", LEASE) is None
        await world.advance(31)
        again = await claimed(world.store)
        assert (again.updates, again.attempts, again.failures) == (claim.updates, 2, 1)

    async def test_new_messages_do_not_shorten_the_delay_of_a_retry(self, world: World) -> None:
        await world.store.release(await told(world.store), timedelta(seconds=30))
        await world.store.put([message()])
        assert await world.store.claim("w1", LEASE) is None

    async def test_a_shutdown_does_not_count_as_an_attempt(self, world: World) -> None:
        await world.store.release(await told(world.store), timedelta(0), attempted=False)
        again = await claimed(world.store)
        assert (again.attempts, again.failures) == (1, 0)

    async def test_an_attempt_that_ended_with_the_process_is_no_failure(self, world: World) -> None:
        await told(world.store)
        await world.advance(61)
        again = await claimed(world.other)
        assert (again.attempts, again.failures) == (2, 0)

    async def test_a_buried_update_lets_the_conversation_go_on(self, world: World) -> None:
        bad, good = message(), message()
        await world.store.bury(await told(world.store, bad, good), "it \x00 failed")
        assert (await claimed(world.store)).updates == (good,)
        (entry,) = await world.store.inbox("dead", 10)
        assert (entry.id, entry.attempts) == (bad.id, 1)
        assert entry.error.endswith("failed")

    # --- batches and delays ---

    async def test_a_batch_is_one_claim(self, world: World) -> None:
        album = [message(batch="album") for _ in range(3)]
        await world.store.put([*album, message()])
        claim = await claimed(world.store)
        assert list(claim.updates) == album
        await world.store.finish(claim)
        assert await world.store.depth() == {"new": 1, "done": 3, "dead": 0}

    async def test_a_batch_ends_where_something_else_comes_between(self, world: World) -> None:
        first, other, last = message(batch="album"), message(), message(batch="album")
        await world.store.put([first, other, last])
        assert (await claimed(world.store)).updates == (first,)

    async def test_messages_without_a_batch_are_not_joined(self, world: World) -> None:
        assert len((await told(world.store, message(), message())).updates) == 1

    async def test_a_delay_leaves_time_for_the_rest_of_a_batch(self, world: World) -> None:
        first, second = message(batch="album"), message(batch="album")
        await world.store.put([first], delay=20.0)
        await world.advance(10.0)
        assert await world.store.claim("w1", LEASE) is None
        await world.store.put([second], delay=20.0)
        await world.advance(10.0)
        assert await world.store.claim("w1", LEASE) is None
        await world.advance(15.0)
        assert (await claimed(world.store)).updates == (first, second)

    async def test_every_part_of_a_batch_counts_the_attempt(self, world: World) -> None:
        await world.store.put([message(batch="album"), message(batch="album")])
        await claimed(world.store)
        assert [entry.attempts for entry in await world.store.inbox("new", 10)] == [1, 1]

    # --- the desk ---

    async def test_an_unreadable_payload_is_set_aside_at_once(self, world: World) -> None:
        broken = Unreadable(id="bad", conversation=HERE, by=ANN, at=START, raw="{", error="no message in it")
        assert await world.store.put([broken]) == 1
        assert await world.store.claim("w1", LEASE) is None
        (entry,) = await world.store.inbox("dead", 10)
        assert (entry.id, entry.kind, entry.error) == ("bad", "Unreadable", "no message in it")

    async def test_a_dead_update_can_be_revived_with_its_attempts_forgotten(self, world: World) -> None:
        claim = await told(world.store)
        await world.store.bury(claim, "no")
        assert await world.store.revive("fake", claim.updates[0].id)
        again = await claimed(world.store)
        assert (again.updates, again.attempts, again.failures) == (claim.updates, 1, 0)
        assert not await world.store.revive("fake", claim.updates[0].id)

    async def test_a_dead_update_can_be_dropped(self, world: World) -> None:
        claim = await told(world.store)
        await world.store.bury(claim, "no")
        assert await world.store.drop("fake", claim.updates[0].id)
        assert await world.store.depth() == {"new": 0, "done": 1, "dead": 0}
        assert not await world.store.drop("fake", claim.updates[0].id)

    async def test_the_newest_are_listed_first_and_not_more_than_asked(self, world: World) -> None:
        sent = [message() for _ in range(4)]
        await world.store.put(sent)
        listed = await world.store.inbox("new", 3)
        assert [entry.id for entry in listed] == [update.id for update in sent[:0:-1]]

    async def test_a_stored_update_can_be_shown_and_read_after_it_is_done(self, world: World) -> None:
        hello = message("hello")
        await world.store.finish(await told(world.store, hello))
        assert '"hello"' in (await world.store.payload("fake", hello.id) or "")
        assert await world.store.update("fake", "bot", hello.id) == hello

    async def test_what_was_never_put_is_not_there(self, world: World) -> None:
        assert await world.store.payload("fake", "no") is None
        assert await world.store.update("fake", "bot", "no") is None
        assert not await world.store.revive("fake", "no")
        assert not await world.store.drop("fake", "no")

    async def test_old_done_updates_are_pruned_and_nothing_else(self, world: World) -> None:
        old, waiting, dead = message(), message(conversation=THERE), message(conversation=replace(THERE, address="C3"))
        await world.store.finish(await told(world.store, old))
        await world.store.bury(await told(world.store, dead), "no")
        await world.store.put([waiting])
        assert await world.store.prune(timedelta(days=1)) == 0
        await world.advance(2 * 86_400)
        assert await world.store.prune(timedelta(days=1)) == 1
        assert await world.store.depth() == {"new": 1, "done": 0, "dead": 1}

    # --- stop, leaders, wake-ups ---

    async def test_a_stop_reaches_whoever_holds_the_conversation(self, world: World) -> None:
        claim = await told(world.store)
        turn = await world.store.begin_turn(claim, turn_of(claim))
        assert await world.other.request_stop(HERE, None) == turn.id
        assert (await world.store.beat("w1", LEASE)).stopped == {claim.lane: turn.id}

    async def test_a_stop_for_a_turn_that_does_not_run_stops_nothing(self, world: World) -> None:
        claim = await told(world.store)
        await world.store.begin_turn(claim, turn_of(claim))
        assert await world.store.request_stop(HERE, TurnId("another")) is None
        assert await world.store.request_stop(THERE, None) is None
        assert (await world.store.beat("w1", LEASE)).stopped == {}

    async def test_a_stop_does_not_outlive_the_answer_it_was_for(self, world: World) -> None:
        claim = await told(world.store, message(), message())
        await world.store.begin_turn(claim, turn_of(claim))
        await world.store.request_stop(HERE, None)
        await world.store.finish(claim)
        assert await world.store.request_stop(HERE, None) is None
        await claimed(world.store)
        assert (await world.store.beat("w1", LEASE)).stopped == {}

    async def test_a_stop_is_still_known_after_the_worker_died(self, world: World) -> None:
        claim = await told(world.store)
        turn = await world.store.begin_turn(claim, turn_of(claim))
        await world.store.request_stop(HERE, turn.id)
        await world.advance(61)
        again = await claimed(world.other, "w2")
        assert (await world.other.beat("w2", LEASE)).stopped == {again.lane: turn.id}

    async def test_a_stop_wakes_who_waits_for_one(self, world: World) -> None:
        claim = await told(world.store)
        await world.store.begin_turn(claim, turn_of(claim))
        async with world.store.work() as signal, asyncio.timeout(5):
            await world.store.request_stop(HERE, None)
            await signal.stop_asked()

    async def test_there_is_one_leader_until_its_lease_ends_or_it_resigns(self, world: World) -> None:
        assert await world.store.lead("poller", "w1", LEASE)
        assert await world.store.lead("poller", "w1", LEASE)
        assert not await world.other.lead("poller", "w2", LEASE)
        assert await world.other.lead("scheduler", "w2", LEASE)
        await world.advance(61)
        assert await world.other.lead("poller", "w2", LEASE)
        await world.store.resign("poller", "w1")
        assert not await world.store.lead("poller", "w1", LEASE)
        await world.other.resign("poller", "w2")
        assert await world.store.lead("poller", "w1", LEASE)

    async def test_of_many_who_want_to_lead_one_does(self, world: World) -> None:
        stores = (world.store, world.other) * 3
        led = await asyncio.gather(*(store.lead("poller", f"w{n}", LEASE) for n, store in enumerate(stores)))
        assert led.count(True) == 1

    async def test_who_waits_for_work_is_woken_by_it(self, world: World) -> None:
        async with world.store.work() as signal, asyncio.timeout(5):
            waiting = asyncio.create_task(signal.wait(60))
            await asyncio.sleep(0)
            await world.store.put([message()])
            await waiting
            assert await world.store.claim("w1", LEASE) is not None

    async def test_work_that_came_before_anybody_waited_is_not_missed(self, world: World) -> None:
        async with world.store.work() as signal, asyncio.timeout(5):
            await world.store.put([message()])
            await signal.wait(60)

    async def test_who_waits_for_work_is_woken_when_a_line_with_more_in_it_is_free_again(self, world: World) -> None:
        await world.store.put([message("1"), message("2")])
        first = await claimed(world.store)
        async with world.store.work() as signal, asyncio.timeout(5):
            waiting = asyncio.create_task(signal.wait(60))
            await asyncio.sleep(0)
            await world.store.finish(first)
            await waiting
            assert await world.store.claim("w1", LEASE) is not None

    async def test_waiting_for_work_ends_by_itself(self, world: World) -> None:
        async with world.store.work() as signal, asyncio.timeout(5):
            await signal.wait(0.01)
            await signal.wait(0.01)
