"""Steps that do one thing: a model answers, something works, a knowledge base is searched."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bridge.simulator.ids import iso, stable_id
from bridge.simulator.workflow import Chat, Json, Quote, Search, Work, rendered

if TYPE_CHECKING:
    from bridge.simulator.walk import Walk


def preview_of(walk: Walk, system: str, answer: str | None) -> list[Json]:
    """The messages the model saw: system prompts in front, joined."""
    scope = walk.scope
    prompts = [text for obj, text in (("System", system), *scope.history) if obj == "System" and text]
    turns = [entry for entry in scope.history if entry[0] != "System"]
    turns.append(("Human", scope.question))
    if answer is not None:
        turns.append(("AI", answer))
    if prompts:
        turns.insert(0, ("System", walk.profile.prompt_gap.join(prompts)))
    return [{"obj": obj, "value": text} for obj, text in turns]


async def chat(walk: Walk, step: Chat) -> None:
    began = time.monotonic()
    await walk.announce(step)
    if not walk.scope.question and not walk.scope.files:
        walk.over = True
        await walk.respond(step, "chatNode", walk.failure("chat:AI_input_is_empty"))
        return
    await walk.run.rest(step.delay)
    reasoning = await walk.stream("reasoning_content", rendered(step.reasoning, walk.scope))
    if reasoning:
        walk.values.append({"type": "reasoning", "reasoning": {"content": reasoning}})
    answer = await walk.say(step.text)
    preview = preview_of(walk, step.system, answer)
    remembered = [
        {"obj": turn["obj"], "value": [{"type": "text", "text": {"content": turn["value"]}}]} for turn in preview
    ]
    walk.scope.outputs[step.id, "history"] = remembered
    walk.scope.outputs[step.id, "answerText"] = answer
    details = {
        "totalPoints": 0,
        "model": step.model,
        "inputTokens": 11,
        "outputTokens": 7,
        "query": walk.scope.question,
        "reasoningText": reasoning,
        "historyPreview": preview,
        "contextTotalLen": len(preview),
        "finishReason": "close" if walk.run.stopping else "stop",
    }
    await walk.respond(step, "chatNode", details, began=began)


async def work(walk: Walk, step: Work) -> None:
    began = time.monotonic()
    await walk.announce(step)
    await walk.run.rest(step.seconds)
    details: Json = {}
    if step.error:
        failed = {"message": step.error, "name": "Error", "method": "get", "code": "ECONNREFUSED"}
        details = {"headers": {"Content-Type": "application/json"}, "httpResult": {"error": failed}}
    await walk.respond(step, step.kind, details, began=began)


async def search(walk: Walk, step: Search) -> None:
    began = time.monotonic()
    await walk.announce(step)
    await walk.run.rest(step.seconds)
    quotes = [_quote(quote, index) for index, quote in enumerate(step.quotes)]
    details = {
        "totalPoints": 0,
        "query": walk.scope.question,
        "embeddingModel": "demo-embedding",
        "embeddingTokens": 5,
        "similarity": 0.4,
        "limit": 3000,
        "searchMode": "embedding",
        "quoteList": quotes,
    }
    await walk.respond(step, "datasetSearchNode", details, began=began)


def _quote(quote: Quote, index: int) -> Json:
    return {
        "id": quote.id,
        "q": quote.text,
        "a": quote.answer,
        "chunkIndex": index,
        "datasetId": stable_id("dataset"),
        "collectionId": stable_id(f"collection {quote.source_name}"),
        "sourceName": quote.source_name,
        "sourceId": quote.source or stable_id(quote.source_name),
        "score": [{"type": "embedding", "value": quote.score, "index": index}],
        "updateTime": iso(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        "tokens": len(quote.text) // 4,
    }
