"""auth.test, apps.connections.open, users.info, team.info, bots.info, api.test."""

from __future__ import annotations

from tests.emulators.slack.errors import Json, Refused
from tests.emulators.slack.methods.registry import method
from tests.emulators.slack.parameters import Params
from tests.emulators.slack.world import World


@method("auth.test", per_minute=600)
def auth_test(world: World, params: Params) -> Json:
    workspace = world.workspace
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.domain,
        "user": workspace.users[workspace.bot_user].name,
        "team_id": workspace.team,
        "user_id": workspace.bot_user,
        "bot_id": workspace.bot,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", tier=3, scopes="connections:write", token="xapp-")
def open_connection(world: World, params: Params) -> Json:
    address = world.base.replace("http://", "ws://")
    return {"url": f"{address}/link/?ticket={world.sockets.issue_ticket()}&app_id={world.workspace.app}"}


@method("users.info", tier=4, scopes="users:read", reads_json=False)
def users_info(world: World, params: Params) -> Json:
    user = world.workspace.user(params.needed("user"))
    return {"user": user.profile(params.flag("include_locale"))}


@method("bots.info", tier=3, scopes="users:read", reads_json=False)
def bots_info(world: World, params: Params) -> Json:
    workspace = world.workspace
    if params.text("bot") not in ("", workspace.bot):
        raise Refused("bot_not_found")
    return {"bot": {"id": workspace.bot, "app_id": workspace.app, "user_id": workspace.bot_user, "name": "fastgpt"}}
