"""A form talked through in the terminal: pure, one typed line at a time."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from bridge.domain import phrases, steps
from bridge.domain.forms import FieldError, described, is_empty, match_option
from bridge.domain.interactions import Draft, Field, FieldType, Form, Interaction, Json
from bridge.domain.updates import Attachment, FormMove

FORM_HELP = "Enter keeps what is there or skips, /back goes back, /cancel gives up."

Look = Callable[[str], Attachment | None]
"""The file at a local path, or None if there is none."""


class Outcome(Enum):
    GOES_ON = auto()
    SUBMITTED = auto()
    CANCELLED = auto()


@dataclass(slots=True)
class FormTalk:
    """`title`, `lines` and `options` are what to ask now, `hear` takes what was typed."""

    interaction: Interaction
    form: Form
    look: Look
    draft: Draft = field(default_factory=Draft)
    problem: str = ""
    files: dict[str, tuple[Attachment, ...]] = field(default_factory=dict)

    @property
    def field(self) -> Field | None:
        """None at the summary."""
        return steps.current(self.form, self.draft)

    @property
    def options(self) -> tuple[str, ...]:
        """What can be picked with the arrow keys."""
        if self.field is None:
            return (phrases.SUBMIT, phrases.EDIT, phrases.CANCEL)
        match self.field.type:
            case FieldType.SELECT:
                return tuple(option.label for option in self.field.options)
            case FieldType.SWITCH:
                return (phrases.YES, phrases.NO)
            case _:
                return ()

    @property
    def title(self) -> str:
        current = self.field
        if current is None:
            return phrases.SUMMARY
        needed = f" ({phrases.REQUIRED})" if current.required else ""
        return f"{phrases.form_progress(self.draft.step, len(self.form.fields))} · {current.label}{needed}"

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands below the title."""
        current = self.field
        if current is None:
            return self._summary
        lines = [text for text in (current.description, _hint(current)) if text]
        if current.type is FieldType.MULTIPLE_SELECT:
            lines += [f"{number}. {option.label}" for number, option in enumerate(current.options, 1)]
        if not is_empty(value := self._value(current)):
            lines.append(phrases.NOW.format(value=described(current, value)))
        return tuple(lines)

    @property
    def _summary(self) -> tuple[str, ...]:
        filled = (f"{number}. {each.label}: {described(each, self._value(each))}" for number, each in self._numbered)
        return (*filled, f"Enter submits, “{phrases.EDIT.lower()} 2” changes the second, /cancel gives up.")

    @property
    def _numbered(self) -> Iterator[tuple[int, Field]]:
        return enumerate(self.form.fields, 1)

    @property
    def values(self) -> dict[str, Json]:
        """All but the files, as `FormSubmitted` wants them."""
        return {key: value for key, value in self.draft.values.items() if key not in self.files}

    def hear(self, line: str) -> Outcome:
        self.problem = ""
        word = line.strip().casefold()
        if word == "/cancel":
            return Outcome.CANCELLED
        if word == "/back":
            self._move(FormMove.BACK)
            return Outcome.GOES_ON
        if self.field is None:
            return self._hear_at_summary(word)
        try:
            self._fill(self.field, line)
        except FieldError as error:
            self.problem = str(error)
        return Outcome.GOES_ON

    def _value(self, of: Field) -> Json:
        if of.key in self.files:
            return [{"name": file.name} for file in self.files[of.key]]
        return self.draft.values.get(of.key, of.default)

    def _fill(self, current: Field, line: str) -> None:
        raw: Json = line
        if not line.strip():
            raw = self.draft.values.get(current.key)
        elif current.type is FieldType.FILES:
            raw = self._files(current, line)
        elif current.type is FieldType.SWITCH and (index := match_option((phrases.YES, phrases.NO), line)) is not None:
            raw = index == 0
        self.draft = steps.filled(self.form, self.draft, raw)

    def _files(self, current: Field, line: str) -> Json:
        try:
            paths = shlex.split(line)
        except ValueError:
            paths = [line.strip()]
        found = [(path, self.look(path)) for path in paths]
        for path, file in found:
            if file is None:
                raise FieldError(f"There is no readable file at {path}.")
        files = tuple(file for _, file in found if file is not None)
        if len(files) > current.max_files:
            raise FieldError(f"At most {current.max_files} file{'s' if current.max_files != 1 else ''}, please.")
        self.files[current.key] = files
        return [file.id for file in files]

    def _hear_at_summary(self, word: str) -> Outcome:
        if word in ("", phrases.SUBMIT.casefold(), "1"):
            return Outcome.SUBMITTED
        if word in (phrases.CANCEL.casefold(), "3"):
            return Outcome.CANCELLED
        if word in (phrases.EDIT.casefold(), "2"):
            self._move(FormMove.EDIT, 0)
            return Outcome.GOES_ON
        index = steps.field_to_edit(self.form, word)
        if index is None:
            self.problem = f"Please say {phrases.SUBMIT.lower()}, {phrases.EDIT.lower()} and a number, or /cancel."
        else:
            self._move(FormMove.EDIT, index)
        return Outcome.GOES_ON

    def _move(self, move: FormMove, index: int = 0) -> None:
        try:
            self.draft = steps.moved(self.form, self.draft, move, index)
        except FieldError:
            self.problem = "This is the first one."


def _hint(current: Field) -> str:
    match current.type:
        case FieldType.FILES:
            return f"The path of a file here; up to {current.max_files}, quoted if there are spaces in them."
        case FieldType.MULTIPLE_SELECT:
            return "Several numbers or names, with commas between."
        case _:
            return steps.hint(current)
