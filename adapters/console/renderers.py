"""What is printed: pure functions to rich renderables, and to plain text where nobody sees colours."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from itertools import dropwhile

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markdown import Markdown
from rich.segment import Segment
from rich.text import Text

from adapters.console.answer import clean
from adapters.console.form import FORM_HELP, FormTalk
from adapters.console.keys import Key
from bridge.domain import phrases
from bridge.domain.interactions import Choice, Form, Interaction, Pause
from bridge.rendering.html import without_html
from bridge.rendering.markdown import outside_code

KEYS_HELP = (
    "**At this prompt**\n\n"
    "- Enter sends, Alt-Enter begins a new line.\n"
    "- Ctrl-C stops an answer, or clears what was typed. Ctrl-D leaves.\n"
    "- A question of the workflow is answered by number, by name, or with the arrow keys.\n"
    f"- In a form: {FORM_HELP}\n"
    "- `/good`, `/bad why`, `/again`, `/sources`, `/details`, `?1` stand for the buttons below an answer.\n"
    "- `/file path question` sends a file along."
)
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


def markdown(text: str, *, plain: bool) -> RenderableType:
    """`plain` is the Markdown itself, for pipes and files. Else what looks like a tag is text: rich would leave it out,
    and with a block of HTML every word in it."""
    text = clean(text)
    if plain:
        return Text(text)
    text = outside_code(without_html(text), lambda prose: prose.replace("<", "&lt;"))
    return _Trimmed(Markdown(text, hyperlinks=False, code_theme="ansi_dark"))


class _Trimmed:
    """Without the blank lines that rich puts around lists and quotes: the caller sets blocks apart."""

    def __init__(self, what: RenderableType) -> None:
        self._what = what

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self._what, options, pad=False)
        while lines and not _text(lines[-1]):
            lines.pop()
        shown = list(dropwhile(lambda line: not _text(line), lines))
        for line in shown:
            yield from line
            yield Segment.line()


def _text(line: list[Segment]) -> str:
    return "".join(segment.text for segment in line).strip()


def note(sentence: str) -> Text:
    return Text(clean(sentence), style="dim")


def trouble(sentence: str) -> Text:
    return Text(f"⚠ {clean(sentence)}", style="bold red")


def echo(text: str, *, secret: bool = False) -> Text:
    shown = "••••" if secret else clean(text)
    return Text.assemble(("you> ", "bold cyan"), (shown.replace("\n", "\n     "), "cyan"))


def key_line(keys: Iterable[Key]) -> RenderableType | None:
    """Short ones in one line, suggested questions in a line each."""
    questions = [key for key in keys if key.typed.startswith("?")]
    others = [key for key in keys if not key.typed.startswith("?")]
    lines = [Text.assemble((f"{key.typed} ", "bold green"), clean(key.label)) for key in questions]
    if others:
        lines.append(Text("   ").join(_key(key) for key in others))
    return Group(*lines) if lines else None


def _key(key: Key) -> Text:
    label = f"{'✓ ' if key.chosen else ''}{clean(key.label)}"
    return Text.assemble((f"{key.typed} ", "bold green"), (label, "bold" if key.chosen else "dim"))


def question(interaction: Interaction, *, plain: bool) -> RenderableType:
    """What a paused workflow asks; how to answer it stands at the prompt."""
    ask = interaction.ask
    parts: list[RenderableType] = [markdown(ask.description, plain=plain)] if ask.description.strip() else []
    match ask:
        case Choice():
            for number, option in enumerate(ask.options, 1):
                about = f" — {clean(option.description)}" if option.description else ""
                parts.append(_option(number, option.label, about))
        case Form():
            parts.append(note(f"{phrases.questions(len(ask.fields))}. {FORM_HELP}"))
        case Pause():
            parts.append(note(f"1. {phrases.CONTINUE} (or anything else you want to say)"))
    return Group(*parts)


def field(talk: FormTalk) -> RenderableType:
    """The current field with its options, or the summary."""
    lines: list[Text] = [trouble(talk.problem)] if talk.problem else []
    lines.append(Text(clean(talk.title), style="bold yellow"))
    if talk.field is None:
        return Group(*lines, *(Text(f"  {clean(line)}") for line in talk.lines))
    lines += [Text(f"  {clean(line)}", style="dim") for line in talk.lines]
    return Group(*lines, *(_option(number, label) for number, label in enumerate(talk.options, 1)))


def _option(number: int, label: str, about: str = "") -> Text:
    return Text.assemble((f"  {number}. ", "bold green"), clean(label), (about, "dim"))


def status(text: str, seconds: float) -> Text:
    """A line with a wheel that turns as `seconds` go by."""
    wheel = _SPINNER[int(seconds * 10) % len(_SPINNER)]
    return Text(" ".join(part for part in (wheel, clean(text), "(Ctrl-C stops)") if part), style="dim")


def ansi(console: Console, renderable: RenderableType, *, most_lines: int) -> str:
    """The last lines of it, as escape sequences of the width and colours of `console`."""
    drawn = Console(
        file=StringIO(),
        force_terminal=True,
        color_system="truecolor" if console.color_system == "truecolor" else "256",
        width=console.width,
        legacy_windows=False,
    )
    with drawn.capture() as capture:
        drawn.print(renderable)
    lines = capture.get().rstrip("\n").split("\n")
    return "\n".join(lines[-max(most_lines, 1) :])
