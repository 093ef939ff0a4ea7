"""What an app's configuration says about the start of a chat."""

from __future__ import annotations

import re
from typing import Any

from bridge.domain import files
from bridge.domain.interactions import Json
from bridge.domain.turns import Opening
from bridge.fastgpt.fields import plugin_fields, variable_fields
from bridge.fastgpt.wire import Init, content_of, read
from bridge.fastgpt.wording import shown

_QUESTION = re.compile(r"\[([^\[\]\n]+)\](?:\(\s*\))?[ \t]*$", re.MULTILINE)
_BULLET = re.compile(r"^[\s>]*(?:[-*+•]|\d+[.)])?\s*$")
_ACCEPTS = ("canSelectFile", "canSelectImg", "canSelectVideo", "canSelectAudio", "canSelectCustomFileExtension")


def opening_of(data: Json) -> Opening:
    """From `init`. Whatever it lacks stays empty."""
    init = read(Init, data) or Init()
    config = init.app.config
    welcome, questions = welcome_parts(shown(config.welcome))
    return Opening(
        app_title=shown(init.app.name),
        welcome=welcome,
        questions=questions,
        instruction=shown(config.instruction),
        auto_execute=_auto_execute(config.auto_execute),
        variables=variable_fields(config.variables),
        plugin_inputs=plugin_fields(init.app.plugin_inputs),
        suggests=_suggests(config.question_guide),
        accepts_files=any(config.files.get(name) is True for name in _ACCEPTS),
        max_files=_max_files(config.files.get("maxFiles")),
    )


def welcome_parts(markdown: str) -> tuple[str, tuple[str, ...]]:
    """A welcome text and the ready-made questions in it: every `[question]` at the end of a line.

    A line that is nothing else disappears from the text; elsewhere only the brackets do. Written line breaks are such.
    """
    questions: list[str] = []
    lines: list[str] = []
    for line in markdown.replace("\\n", "\n").split("\n"):
        found = _QUESTION.search(line)
        if found is None or (found.start() and line[found.start() - 1] == "!"):
            lines.append(line)
            continue
        questions.append(found[1].strip())
        before = line[: found.start()]
        if not _BULLET.match(before):
            lines.append(before + found[1])
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return text, tuple(dict.fromkeys(question for question in questions if question))


def _max_files(most: Any) -> int:
    return most if isinstance(most, int) and not isinstance(most, bool) and most > 0 else files.MOST


def _auto_execute(config: dict[str, Any]) -> str | None:
    if config.get("open") is not True:
        return None
    return content_of(config.get("defaultPrompt")).strip() or None


def _suggests(question_guide: Any) -> bool:
    """A boolean until 4.8.15, an object since."""
    return question_guide.get("open") is True if isinstance(question_guide, dict) else question_guide is True
