"""What the documents name exists."""

from __future__ import annotations

import json
import re
from typing import Any

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


def manifest(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "docs" / name).read_text(encoding="utf-8"))
    return found
