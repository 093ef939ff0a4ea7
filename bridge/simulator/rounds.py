"""One round: what has to be true before it runs, the run itself, and what it leaves in the chat's records."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.simulator import errors
from bridge.simulator.apps import App
from bridge.simulator.asking import NO_RECORD, Asked, Said
from bridge.simulator.errors import ApiError
from bridge.simulator.frames import DONE, STOP, Frame
from bridge.simulator.ids import nano_id, number, object_id, stable_id
from bridge.simulator.interactives import NEW_ROUND, Resume, deepest, note_answer, scope_of
from bridge.simulator.records import ChatLog, ChatRecord, GenerateStatus, merged
from bridge.simulator.runs import Hold, Run, RunState
from bridge.simulator.state import State
from bridge.simulator.walk import Crashed, Walk
from bridge.simulator.workflow import Flow, Json, Scope

OWNER = stable_id("member")
"""Who owns the keys; the user id of a run that names no other."""


@dataclass(slots=True)
class Round:
    """`log` is None for a run that leaves no trace. `extends` is the record a resumed run goes on in."""

    state: State
    app: App
    request: Asked
    said: Said
    run: Run
    flow: Flow
    log: ChatLog | None = None
    extends: ChatRecord | None = None
    resume: Resume | None = None
    version_seen: int = 0
    prepared: tuple[ChatRecord, ChatRecord] | None = None
    usage_id: str = ""

    # --- running ---

    async def play(self) -> None:
        """The run from its first event to its last."""
        began = time.monotonic()
        run = self.run
        try:
            pause = await self._walk()
            if pause is not None:
                await run.emit("interactive", {"interactive": pause})
                run.values.append({"type": "interactive", "interactive": copy.deepcopy(pause)})
            elapsed = time.monotonic() - began
            if run.profile.sends_duration:
                await run.emit("workflowDuration", {"durationSeconds": number(elapsed)})
            self._save(elapsed)
            await self._finish()
        except Crashed as crash:
            run.error = str(crash)
            self._crashed(str(crash))
            await run.emit("error", {"message": str(crash)})
            run.end(RunState.CRASHED)
        finally:
            if run.state is RunState.RUNNING:
                run.end(RunState.STOPPED)

    async def _walk(self) -> Json | None:
        run, start = self.run, self.app.start_id
        scope = self._scope()
        walk = Walk(run, self.flow, scope, start=start, resume=self.resume, cites=self.request.cites)
        if self.resume is None:
            kind = "pluginInput" if self.app.is_plugin else "workflowStart"
            await walk.respond_as(start, self.app.start_name, kind, {})
        run.values, run.nodes = walk.values, walk.responses
        pause = await walk.through(self.flow)
        if pause is not None and run.profile.remembers_skips:
            pause = {**pause, "usageId": self.usage_id}
        if not run.values and pause is None:
            run.values.append({"type": "text", "text": {"content": ""}})
        run.variables = {} if self.app.is_plugin else dict(scope.variables)
        return pause

    def _scope(self) -> Scope:
        run = self.run
        history = list(self.log.history()) if self.log else []
        if self.extends:
            history = history[:-2]
        elif self.prepared:
            history = history[:-1]
        history += [(said.obj, said.text) for said in self.request.earlier]
        uid = self.request.custom_uid or OWNER
        system = {"userId": uid, "chatId": run.chat_id, "appId": run.app_id, "responseChatItemId": run.data_id}
        scope = Scope(self.said.text, self.said.files, dict(run.variables), system, history)
        if self.resume:
            return scope_of(self.resume.pending, scope)
        if not self.app.is_plugin:
            scope.outputs[self.app.start_id, "userChatInput"] = self.said.text
        return scope

    async def _finish(self) -> None:
        run = self.run
        if run.title:
            await run.emit("chatTitle", {"title": run.title})
        ending = [DONE, Frame("flowResponses", run.nodes)]
        await run.emit(STOP.event, STOP.data)
        await run.extend(ending if run.profile.done_first else reversed(ending))
        run.end(RunState.STOPPED if run.stopping else RunState.DONE)

    # --- saving ---

    def _save(self, elapsed: float) -> None:
        """Raises Crashed if another answer to the same pause was saved meanwhile."""
        log, run = self.log, self.run
        if log is None:
            return
        if self.extends is not None:
            self._extend(self.extends, elapsed)
        else:
            human, answer = self.prepared or self.halves()
            answer.value, answer.nodes, answer.seconds = run.values, run.nodes, elapsed
            if self.prepared is None:
                log.records += [human, answer]
        if not run.profile.titles:
            log.title = self.said.text or log.title
        log.variables.update(run.variables)
        log.updated = self.state.now()
        log.status = GenerateStatus.DONE

    def _extend(self, record: ChatRecord, elapsed: float) -> None:
        """An answered pause adds no Human half: its continuation goes into the record that asked."""
        run = self.run
        if run.profile.checks_versions and record.version != self.version_seen:
            modified = 'version 0 modifiedPaths "value, durationSeconds"'
            raise Crashed(f'No matching document found for id "{record.id}" {modified}')
        if record.pause is not None and self.resume is not None:
            if record.pause["type"] == "paymentPause":
                record.value.pop()
            else:
                note_answer(record.pause, self.resume.answer, run.profile)
        record.value += run.values
        record.nodes = merged(record.nodes, run.nodes)
        record.seconds = (record.seconds or 0.0) + elapsed
        record.version += 1

    def _crashed(self, message: str) -> None:
        if self.log is not None and self.prepared is not None:
            self.prepared[1].error = message
            self.log.status = GenerateStatus.ERROR

    def halves(self) -> tuple[ChatRecord, ChatRecord]:
        profile, now = self.run.profile, self.state.now()
        human_id = self.run.data_id if profile.one_run else self.said.data_id or nano_id(profile.human_id_length)
        human = ChatRecord("Human", human_id, [dict(value) for value in self.said.value], now)
        return human, ChatRecord("AI", self.run.data_id, [], now)


def begin(
    state: State,
    app: App,
    request: Asked,
    said: Said,
    version: int,
    *,
    flow: Flow | None = None,
    holds: Sequence[Hold] = (),
) -> Round:
    """Everything up to the first event. Raises ApiError if the server would not start the run."""
    profile = state.profile
    keeps = request.chat_id != NO_RECORD and (bool(request.chat_id) or profile.saves_without_chat_id)
    chat_id = request.chat_id or (nano_id(24) if keeps else "")
    log = state.chats.open(app.id, chat_id, state.now()) if keeps else None
    run = Run(
        profile,
        app.name,
        app.id,
        chat_id,
        request.data_id or nano_id(16),
        said.text,
        version,
        custom_uid=request.custom_uid,
        variables=_variables(state, app, log, request),
        token_delay=state.token_delay,
        holds=holds,
        value_id=nano_id(16) if profile.value_ids else "",
    )
    turn = Round(state, app, request, said, run, app.steps if flow is None else flow, log, usage_id=object_id())
    if log is not None:
        _attach(turn, log)
    state.runs.append(run)
    return turn


def _attach(turn: Round, log: ChatLog) -> None:
    run, profile = turn.run, turn.run.profile
    if profile.one_run and log.status is GenerateStatus.GENERATING:
        raise errors.busy(run.version)
    hidden = any(said.obj == "AI" for said in turn.request.earlier)
    pending = None if hidden else log.open_pause(profile)
    if pending is not None:
        _resume(turn, *pending)
    elif profile.one_run and log.find(run.data_id) is not None:
        log.status = GenerateStatus.ERROR
        raise ApiError(f"Chat dataId already exists: {run.data_id}")
    if profile.one_run:
        log.status = GenerateStatus.GENERATING
        if turn.extends is None:
            turn.prepared = turn.halves()
            log.records += turn.prepared
            if not log.title and profile.titles:
                log.title = run.title = turn.said.text[:40]
    log.custom_uid = turn.request.custom_uid or log.custom_uid
    log.runs.append(run)


def _resume(turn: Round, record: ChatRecord, pause: Json) -> None:
    """Whatever the message says, it is the answer to the pause."""
    turn.resume = Resume(copy.deepcopy(pause), turn.said.text)
    turn.usage_id = pause.get("usageId", turn.usage_id)
    if deepest(pause)["type"] in NEW_ROUND:
        note_answer(pause, turn.said.text, turn.run.profile)
        return
    turn.extends = record
    turn.version_seen = record.version
    turn.run.data_id = record.data_id


def _variables(state: State, app: App, log: ChatLog | None, request: Asked) -> dict[str, Json]:
    """Stored ones, over them the request's; from 4.11 on, by label or key, and only what the app declares."""
    given = {**(log.variables if log else {}), **request.variables}
    if app.is_plugin or not state.profile.drops_undeclared_variables:
        return given
    declared: dict[str, Json] = {}
    for entry in app.variables:
        value = given.get(entry["label"], given.get(entry["key"], entry.get("defaultValue") or None))
        if value is not None:
            declared[entry["key"]] = value
    return declared
