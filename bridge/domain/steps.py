"""A form gone through field by field: pure steps over a draft, and what to show at each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bridge.domain import phrases
from bridge.domain.controls import CancelInteraction, MoveForm
from bridge.domain.events import Button
from bridge.domain.forms import FieldError, accept, described, is_empty, match_option, range_hint, shown_number
from bridge.domain.ids import InteractionId
from bridge.domain.interactions import Draft, Field, FieldType, Form, Json, TimeGranularity
from bridge.domain.notices import Notice
from bridge.domain.updates import FormMove

PAGE = 8  # options shown at once
_TYPED = frozenset(
    {
        FieldType.INPUT,
        FieldType.TEXTAREA,
        FieldType.NUMBER,
        FieldType.PASSWORD,
        FieldType.TIME_POINT,
        FieldType.TIME_RANGE,
        FieldType.TEXT_FALLBACK,
    }
)

_ADDED = frozenset({FieldType.FILES})
"""What is sent is added to what is there, so a wrong one can only be cleared."""


def current(form: Form, draft: Draft) -> Field | None:
    """The field that is asked for; None at the summary."""
    return form.fields[draft.step] if draft.step < len(form.fields) else None


def filled(form: Form, draft: Draft, raw: Json) -> Draft:
    """The draft with the current field filled in, one step on. Raises FieldError."""
    field = form.fields[draft.step]
    return _onward(form, draft, {**draft.values, field.key: accept(field, raw)})


def moved(form: Form, draft: Draft, move: FormMove, index: int) -> Draft:
    """The draft after a button. Raises FieldError if the button asks for what cannot be.

    Back leads to the field before, or to the summary if that is where the field was reached from. Skip keeps what the
    field holds already; Clear takes it back.
    """
    field = current(form, draft)
    match move:
        case FormMove.EDIT if 0 <= index < len(form.fields):
            return replace(draft, step=index, editing=True)
        case FormMove.BACK if draft.editing:
            return replace(draft, step=len(form.fields), editing=False)
        case FormMove.BACK if draft.step > 0:
            return replace(draft, step=draft.step - 1)
        case FormMove.PAGE | FormMove.START:
            return draft
        case _ if field is None:
            raise FieldError(phrases.NOT_THERE)
        case FormMove.PICK:
            return filled(form, draft, _picked(field, index))
        case FormMove.TOGGLE if field.type is FieldType.MULTIPLE_SELECT and 0 <= index < len(field.options):
            return replace(draft, values={**draft.values, field.key: _toggled(field, draft.values, index)})
        case FormMove.DONE | FormMove.SKIP:
            return filled(form, draft, draft.values.get(field.key))
        case FormMove.CLEAR:
            return replace(draft, values={key: value for key, value in draft.values.items() if key != field.key})
        case _:
            raise FieldError(phrases.NOT_THERE)


def _onward(form: Form, draft: Draft, values: Mapping[str, Json]) -> Draft:
    step = len(form.fields) if draft.editing else draft.step + 1
    return replace(draft, step=step, values=values, editing=False)


def _picked(field: Field, index: int) -> Json:
    if field.type is FieldType.SWITCH and index in (0, 1):
        return index == 0
    if not 0 <= index < len(field.options):
        raise FieldError(phrases.NOT_THERE)
    return field.options[index].value


def _toggled(field: Field, values: Mapping[str, Json], index: int) -> Json:
    """In the order of the options, whatever order they were pressed in."""
    before = _ticked(field, values)
    value = field.options[index].value
    after = before - {value} if value in before else before | {value}
    return list(dict.fromkeys(option.value for option in field.options if option.value in after))


def _ticked(field: Field, values: Mapping[str, Json]) -> set[Json]:
    """What is on before anything was pressed is the default: it is also what Done would take."""
    chosen = values.get(field.key, field.default)
    return {option.value for option in field.options if isinstance(chosen, list) and option.value in chosen}


def prompt(id: InteractionId, form: Form, draft: Draft, *, page: int = 0, problem: str = "") -> Notice:
    """What to show now: the current field, or the summary."""
    field = current(form, draft)
    if field is None:
        return _summary_card(id, form, draft)
    lines = [f"**{phrases.form_progress(draft.step, len(form.fields))} · {field.label}**"]
    if field.required:
        lines[0] += f" ({phrases.REQUIRED})"
    lines += [text for text in (field.description, hint(field), _held(field, draft.values)) if text]
    if problem:
        lines.insert(0, f"⚠ {problem}\n")
    typed = field.type in _TYPED
    return Notice(
        "\n".join(lines),
        buttons=(*_options(id, field, draft, page), _navigation(id, field, draft)),
        expects=field.label[:64] if typed or field.type is FieldType.FILES else None,
        secret=field.type is FieldType.PASSWORD,
    )


def _held(field: Field, values: Mapping[str, Json]) -> str:
    """What the field holds, or what it would without an answer; ticks say that themselves."""
    value = values.get(field.key)
    if field.type is FieldType.MULTIPLE_SELECT:
        return ""
    if not is_empty(value):
        return phrases.NOW.format(value=phrases.as_typed(described(field, value)))
    default = field.default
    return "" if is_empty(default) else phrases.IF_SKIPPED.format(value=phrases.as_typed(described(field, default)))


def hint(field: Field) -> str:
    """How to type what is asked for, where that is not obvious."""
    match field.type:
        case FieldType.TIME_POINT:
            return phrases.HINT_DAY if field.granularity is TimeGranularity.DAY else phrases.HINT_TIME
        case FieldType.TIME_RANGE:
            return range_hint(field)
        case FieldType.FILES:
            return phrases.send_files(field.max_files)
        case FieldType.NUMBER:
            return _bounds(field)
        case _:
            return ""


def _bounds(field: Field) -> str:
    least = shown_number(field.minimum) if field.minimum is not None else ""
    most = shown_number(field.maximum) if field.maximum is not None else ""
    if least and most:
        return f"{least} – {most}"
    return f"≥ {least}" if least else f"≤ {most}" if most else ""


def _options(id: InteractionId, field: Field, draft: Draft, page: int) -> tuple[tuple[Button, ...], ...]:
    step = draft.step
    match field.type:
        case FieldType.SWITCH:
            yes_no = enumerate((phrases.YES, phrases.NO))
            return (tuple(Button(label, MoveForm(id, step, FormMove.PICK, i)) for i, label in yes_no),)
        case FieldType.SELECT | FieldType.MULTIPLE_SELECT:
            page = max(0, min(page, (len(field.options) - 1) // PAGE))
            shown = range(page * PAGE, min((page + 1) * PAGE, len(field.options)))
            rows = [(_option(id, field, draft, index),) for index in shown]
            return (*rows, *_pages(id, field, step, page))
        case _:
            return ()


def _option(id: InteractionId, field: Field, draft: Draft, index: int) -> Button:
    option = field.options[index]
    if field.type is FieldType.SELECT:
        return Button(option.label, MoveForm(id, draft.step, FormMove.PICK, index))
    is_on = option.value in _ticked(field, draft.values)
    return Button(f"{'☑' if is_on else '☐'} {option.label}", MoveForm(id, draft.step, FormMove.TOGGLE, index))


def _pages(id: InteractionId, field: Field, step: int, page: int) -> tuple[tuple[Button, ...], ...]:
    row: list[Button] = []
    if page > 0:
        row.append(Button(phrases.LESS, MoveForm(id, step, FormMove.PAGE, page - 1)))
    if (page + 1) * PAGE < len(field.options):
        row.append(Button(phrases.MORE, MoveForm(id, step, FormMove.PAGE, page + 1)))
    return (tuple(row),) if row else ()


def _navigation(id: InteractionId, field: Field, draft: Draft) -> tuple[Button, ...]:
    row: list[Button] = []
    has_value = not is_empty(draft.values.get(field.key))
    if draft.step > 0 or draft.editing:
        row.append(Button(phrases.BACK, MoveForm(id, draft.step, FormMove.BACK)))
    if field.type is FieldType.MULTIPLE_SELECT or (field.type is FieldType.FILES and has_value):
        row.append(Button(phrases.DONE, MoveForm(id, draft.step, FormMove.DONE), primary=True))
    elif has_value:
        row.append(Button(phrases.KEEP, MoveForm(id, draft.step, FormMove.SKIP)))
    elif not field.required or not is_empty(field.default):
        row.append(Button(phrases.SKIP, MoveForm(id, draft.step, FormMove.SKIP)))
    if has_value and field.type is not FieldType.MULTIPLE_SELECT and (field.type in _ADDED or not field.required):
        row.append(Button(phrases.CLEAR, MoveForm(id, draft.step, FormMove.CLEAR)))
    row.append(Button(phrases.CANCEL, CancelInteraction(id), danger=True))
    return tuple(row)


def field_to_edit(form: Form, text: str) -> int | None:
    """The field that “edit 2” or “edit name” at the summary names; None if it is something else that was typed."""
    word, _, wanted = " ".join(text.split()).partition(" ")
    if word.casefold() != phrases.EDIT.casefold():
        return None
    return match_option(tuple(field.label for field in form.fields), wanted)


def reminder(id: InteractionId, form: Form, draft: Draft) -> Notice:
    """How to get on from the summary, which stands above."""
    return replace(_summary_card(id, form, draft), text=phrases.SUMMARY_WORDS)


def _summary_card(id: InteractionId, form: Form, draft: Draft) -> Notice:
    step = len(form.fields)
    edits = tuple(
        (Button(f"{phrases.EDIT}: {field.label}"[:75], MoveForm(id, step, FormMove.EDIT, index)),)
        for index, field in enumerate(form.fields)
    )
    last = (
        Button(phrases.SUBMIT, MoveForm(id, step, FormMove.SUBMIT), primary=True),
        Button(phrases.CANCEL, CancelInteraction(id), danger=True),
    )
    return Notice(f"**{phrases.SUMMARY}**\n\n{summary(form, draft.values)}", buttons=(*edits, last))


def summary(form: Form, values: Mapping[str, Json]) -> str:
    """What was filled in, a line per field; passwords never as they are."""
    shown = [(field.label, phrases.as_typed(described(field, values.get(field.key)))) for field in form.fields]
    return "\n".join(f"**{label}**: {value}" for label, value in shown)
