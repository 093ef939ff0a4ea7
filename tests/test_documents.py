"""What the documents name exists."""

from __future__ import annotations

import re

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
