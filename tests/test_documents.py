"""What the documents name exists."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, get_origin

import pytest
from pydantic import BaseModel

from adapters.slack.spelling import SLASH
from bridge.__main__ import main
from bridge.config import AppTable, Environment, File
from bridge.domain.templates import PLACEHOLDERS, has_only_placeholders
from bridge.ports import abilities
from tests.end_to_end.nursery import ROOT


def test_every_test_that_the_reliability_table_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")))
    files = (ROOT / "tests").rglob("test_*.py")
    contracts = (ROOT / "tests" / "contracts").glob("*.py")
    known: set[str] = set()
    for file in (*files, *contracts):
        known.update(re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8")))
    assert len(named) > 50
    assert named - known == set()


def test_every_file_the_documents_link_to_exists() -> None:
    for document in ROOT.glob("*.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (ROOT / target).exists(), f"{document.name} links to {target}"


def test_the_two_manifests_of_slack_differ_in_nothing_but_the_way_there() -> None:
    by_socket, over_http = (manifest(name) for name in ("slack-manifest.json", "slack-manifest-http.json"))
    url = "https://bridge.example.com/slack/events"
    by_socket["settings"]["socket_mode_enabled"] = False
    by_socket["settings"]["event_subscriptions"]["request_url"] = url
    by_socket["settings"]["interactivity"] |= {"request_url": url, "message_menu_options_url": url}
    by_socket["features"]["slash_commands"][0]["url"] = url
    assert over_http == by_socket


def test_slacks_command_is_called_in_the_manifest_as_in_help() -> None:
    assert manifest("slack-manifest.json")["features"]["slash_commands"][0]["command"] == SLASH


def manifest(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "docs" / name).read_text(encoding="utf-8"))
    return found


def test_what_a_platform_can_do_beyond_is_listed_for_whoever_adds_one() -> None:
    protocols = {name for name, value in vars(abilities).items() if getattr(value, "_is_runtime_protocol", False)}
    written = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {"Webhook", "PressAcknowledger"} < protocols
    assert {name for name in protocols if f"`{name}`" not in written} == set()


README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_variable_of_the_environment_has_one_row_in_the_manual() -> None:
    rows = re.findall(r"^\| (`[A-Z].*?) \|", README, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)]
    known = {name.upper() for name in Environment.model_fields} - {"DYNO"}  # which the hoster sets
    assert sorted(named) == sorted(known)


def test_every_setting_of_the_file_is_in_the_manual_with_its_default() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    shown = tomllib.loads(example)
    defaults = File()
    for name, field in File.model_fields.items():
        if field.annotation is not None and issubclass(get_origin(field.annotation) or field.annotation, BaseModel):
            assert shown[name] == json.loads(getattr(defaults, name).model_dump_json()), name
    assert shown.keys() == File.model_fields.keys()
    assert shown["apps"]["support"].keys() == AppTable.model_fields.keys()
    assert all(has_only_placeholders(template) for template in shown["variables"].values())


def test_every_placeholder_of_a_variable_is_in_the_manual() -> None:
    assert [name for name in PLACEHOLDERS if f"{{{name}}}" not in README] == []


def test_every_log_line_that_the_manual_names_is_written() -> None:
    events = set(re.findall(r"event=([a-z_]+)", README)) | set(re.findall(r"lines? `([a-z_]+)`", README))
    sources = "".join(
        path.read_text(encoding="utf-8") for room in ("bridge", "adapters") for path in (ROOT / room).rglob("*.py")
    )
    assert len(events) > 5
    assert [event for event in sorted(events) if f'"{event}"' not in sources] == []


def test_every_command_that_the_manual_names_is_one() -> None:
    named = set(re.findall(r"`bridge ([a-z]+)", README))
    assert named >= {"chat", "demo", "inbox"}
    for command in named:
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
