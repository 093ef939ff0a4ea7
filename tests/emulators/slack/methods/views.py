"""views.open, push, update, publish."""

from __future__ import annotations

from tests.emulators.slack import blocks as block_kit
from tests.emulators.slack import events
from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.methods.registry import method
from tests.emulators.slack.parameters import Params
from tests.emulators.slack.views import View
from tests.emulators.slack.world import World


@method("views.open", tier=4)
def open_view(world: World, params: Params) -> Json:
    spec = block_kit.view(params.parsed("view"), ("modal",))
    trigger = world.views.exchange(params.needed("trigger_id"))
    return _shown(world, world.views.open(trigger.user, spec))


@method("views.push", tier=4)
def push(world: World, params: Params) -> Json:
    spec = block_kit.view(params.parsed("view"), ("modal",))
    trigger = world.views.exchange(params.needed("trigger_id"))
    if not trigger.from_view:
        raise Refused("invalid_trigger_id")
    return _shown(world, world.views.push(trigger.user, spec))


@method("views.update", tier=4)
def update(world: World, params: Params) -> Json:
    spec = block_kit.view(params.parsed("view"), ("modal", "home"))
    view = world.views.find(params.text("view_id"), params.text("external_id"))
    if view.spec["type"] != spec["type"]:
        raise Refused("invalid_arguments", ["[ERROR] the type of a view cannot change [json-pointer:/view/type]"])
    return _shown(world, world.views.update(view, spec, params.text("hash")))


@method("views.publish", tier=4)
def publish(world: World, params: Params) -> Json:
    user = params.needed("user_id")
    spec = block_kit.view(params.parsed("view"), ("home",))
    if not world.workspace.home_enabled:
        raise Refused("not_enabled")
    if user not in world.workspace.users:
        raise Refused("invalid_arguments", ["[ERROR] invalid user [json-pointer:/user_id]"])
    return _shown(world, world.views.publish(user, spec, params.text("hash")))


def _shown(world: World, view: View) -> Json:
    return {"view": events.shown_view(world.workspace, view)}
