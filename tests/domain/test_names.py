"""What people call themselves stands in sentences of ours, and is no more than words there."""

from __future__ import annotations

import pytest

from adapters.slack.markdown import mrkdwn, shown
from adapters.telegram.entities import rendered
from bridge.domain import phrases

NAMES = (
    "[click](http://evil.test)",
    "<!channel>",
    "<http://evil.test|x>",
    "**x**",
    "__x__",
    "# x",
    "`x`",
    "||x||",
    "~x~",
)


def sentences(name: str) -> list[str]:
    return [
        phrases.already_answered(name),
        phrases.not_yours(name),
        phrases.form_done(name, shared=True),
        phrases.cancelled_by("", name, shared=True),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_formats_and_links_nothing_in_telegram(name: str) -> None:
    for sentence in sentences(name):
        assert (rendered(sentence).text, rendered(sentence).entities) == (sentence, ())


@pytest.mark.parametrize("name", NAMES)
def test_a_name_links_and_pings_nothing_in_slack(name: str) -> None:
    for sentence in sentences(name):
        for text in (mrkdwn(sentence), shown(sentence)):
            assert text == sentence
            assert not set("[]<>*`") & set(text)


def test_a_usual_name_is_shown_as_it_is() -> None:
    assert phrases.called("Ann-Marie O'Neill_3 (Ops) 王") == "Ann-Marie O'Neill_3 (Ops) 王"


def test_a_name_is_one_short_line_or_nobody() -> None:
    assert len(phrases.called("x" * 1000)) == 80
    assert phrases.called("Ann\nsays") == "Ann says"
    assert phrases.not_yours("\n") == "This question is for somebody else."
