"""files.info, files.getUploadURLExternal, files.completeUploadExternal."""

from __future__ import annotations

import mimetypes
from typing import Any

from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.files import File
from tests.emulators.slack.messages import Message
from tests.emulators.slack.methods.chat import show
from tests.emulators.slack.methods.content import thread
from tests.emulators.slack.methods.registry import method
from tests.emulators.slack.parameters import Params
from tests.emulators.slack.world import World


@method("files.info", tier=4, scopes="files:read", reads_json=False)
def info(world: World, params: Params) -> Json:
    file = world.files.find(params.needed("file"))
    return {"file": file.exported(world.base, world.workspace.team)}


@method("files.getUploadURLExternal", tier=4, scopes="files:write", reads_json=False)
def get_upload_url(world: World, params: Params) -> Json:
    name, length = params.needed("filename"), params.number("length", 0)
    if length <= 0:
        raise Refused("missing_argument")
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = world.files.add(File(world.id("F"), name, mimetype, b"", world.workspace.bot_user, expected=length))
    return {"upload_url": f"{world.base}/upload/v1/{file.secret}", "file_id": file.id}


@method("files.completeUploadExternal", tier=4, scopes="files:write")
def complete_upload(world: World, params: Params) -> Json:
    wanted: Any = params.parsed("files")
    if not isinstance(wanted, list) or not wanted:
        raise Refused("invalid_arguments", ["[ERROR] must provide an array of items [json-pointer:/files]"])
    files = [world.files.find(str(entry.get("id", ""))) for entry in wanted]
    if any(file.expected is None or len(file.content) != file.expected for file in files):
        raise Refused("file_update_failed")
    place = params.text("channel_id")
    message = _share(world, params, place, files) if place else None
    for file, entry in zip(files, wanted, strict=True):
        file.expected, file.title = None, str(entry.get("title") or file.name)
    exported = [file.exported(world.base, world.workspace.team) for file in files]
    if message:
        message.files = exported
        show(world, message)
        for file in files:
            file.shares[message.channel] = [{"ts": message.ts, "thread_ts": message.root}]
    return {"files": exported}


def _share(world: World, params: Params, place: str, files: list[File]) -> Message:
    channel = world.workspace.writable(place)
    root = thread(world, channel, params, "invalid_thread_ts")
    me, text = world.workspace.bot_user, params.text("initial_comment")
    return Message(channel.id, world.clock.ts(), me, by_app=True, text=text, thread_ts=root, subtype="file_share")
