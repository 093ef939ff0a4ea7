"""Every sentence the bridge itself says to people in a chat, in one place so that it can be said in other languages.

Friendly and short. Markdown. No platform's name, no word of FastGPT's insides, nothing a person cannot act on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from urllib.parse import quote

from bridge.domain.commands import Spelling
from bridge.domain.errors import AssistantFault
from bridge.domain.events import Citation, NodeFinished
from bridge.domain.interactions import Json

THINKING = "Thinking…"
FILL_IN = "Fill in"
CANCEL = "Cancel"
CONTINUE = "Continue"
SUBMIT = "Submit"
SEND = "Send"
STOP = "Stop"
REGENERATE = "Regenerate"
SOURCES = "Sources"
DETAILS = "Details"
RETRY = "Try again"
YES = "Yes"
NO = "No"
GOOD = "Good answer"
BAD = "Bad answer"
CHOOSE = "Choose…"

VOTE_THANKS = "Thanks for the feedback."
REASON_THANKS = "Thanks, I've passed that on."
REASONS = ("Wrong", "Not helpful", "Out of date", "Too long")
REASON_TITLE = "What was wrong?"
REASON_TEXT = "Anything to add?"

SUGGESTIONS = "You could ask:"


def unsupported(kind: str) -> str:
    return f"I can't read {kind} yet. Please send me text instead."


# --- while an answer is on its way ---


STILL_WORKING = "Still working…"


def still_working(seconds: float, instead: str = "") -> str:
    """`instead`: the sentence that said why nothing comes, for then it may be that nothing works."""
    return f"{instead or STILL_WORKING} ({round(seconds)} s)"


NOT_ANSWERING = "The assistant is not answering yet. I'll keep trying…"
BUSY = "Another answer is still running in this chat. I'm waiting for it…"
RESUMING = "Picking up where I left off…"


def too_many_questions(most: int, seconds_left: float) -> str:
    """`seconds_left` until they may go on; none if that was handled late."""
    asked = f"That is more than {most} question{'s' if most != 1 else ''} in a minute"
    if seconds_left < 1:
        return f"{asked}, so I'm leaving out the rest. Please ask again what you still want to know."
    seconds = round(seconds_left)
    until = f"{seconds} second{'s' if seconds != 1 else ''}"
    return f"{asked}, so I'm leaving out this one, and what you ask in the next {until}. Please ask again after that."


# --- how answers end ---

STOPPED = "Stopped."
BROKE_OFF = "This answer is incomplete: the connection to the assistant was lost."
BROKE_OFF_FOR = "This answer is incomplete. {reason}"
MAYBE_TWICE = "I was interrupted while sending this, so you may see it twice."
MAYBE_MISSING = "I was not told whether one of my messages arrived. If something is missing above, please ask me again."

_ADMIN = "Please tell your administrator."
_AGAIN = "Please try again; if that does not help, tell your administrator."
_FAULTS = {
    AssistantFault.BAD_KEY: f"The assistant is not set up correctly: it refused my key. {_ADMIN}",
    AssistantFault.BAD_APP: f"The assistant is not set up correctly: its app was not found. {_ADMIN}",
    AssistantFault.NO_POINTS: f"The assistant has used up its quota. {_ADMIN}",
    AssistantFault.CHAT_FORBIDDEN: "The assistant does not let me go on in this conversation. Please begin a new one.",
    AssistantFault.CHAT_BUSY: "Another answer is still running in this chat. Please try again in a moment.",
    AssistantFault.RATE_LIMITED: "The assistant is asked too much at the moment. Please try again in a minute.",
    AssistantFault.OVERLOADED: "The assistant is overloaded at the moment. Please try again in a minute.",
    AssistantFault.UNREACHABLE: "The assistant cannot be reached at the moment. Please try again later.",
    AssistantFault.TIMEOUT: "The assistant took too long. Please try again.",
    AssistantFault.TOO_LONG: "It became too long. Please ask for less at a time.",
    AssistantFault.BAD_REQUEST: "The assistant did not accept this question. Please put it differently.",
    AssistantFault.NODE_FAILED: f"A step of the assistant failed. {_AGAIN}",
}
_FAILED = f"Something went wrong. {_AGAIN}"


def fault(fault: AssistantFault) -> str:
    """What a person is told, who can neither read a log nor change a setting."""
    return _FAULTS.get(fault, _FAILED)


# --- questions of a workflow ---


def questions(count: int) -> str:
    """How much a form asks."""
    return f"{count} question{'s' if count != 1 else ''}"


def several_options(numbers: Sequence[int]) -> str:
    """`numbers` of the options that are called alike, from 1."""
    *most, last = map(str, numbers)
    return f"Several options are called that. Please press one, or write its number: {', '.join(most)} or {last}."


ANSWER_FIRST = "I'm still waiting for your answer above. Please answer it, or cancel."
NOT_YOURS = "This question is for {name}."
SOMEBODY = "somebody else"
EXPIRED = "This question has expired. Just ask again."
NOT_THERE = "This button no longer leads anywhere. Just ask again."
MOVED_ON = "The conversation has moved on, so this question is closed."
ALREADY_ANSWERED = "{name} has already answered this."
ALREADY_ANSWERED_BY_YOU = "You have already answered this."
KEPT_TOO_LONG = "My question above was open for too long to take yours up now. Just ask again."
GO_ON = "Just write to me to go on."
CANCELLED = f"Cancelled. {GO_ON}"
NOTHING_TO_CANCEL = "There is nothing to cancel."
CONTINUE_ANSWER = "continue"
FORM_IN_PRIVATE = "This form asks for a password. Please use it in a private chat with me."
FORM_NOT_KEPT = "This form asks for a password, and I have no safe place to keep it. Please tell your administrator."
PRESS_AGAIN = "That took a moment too long. Please press once more:"
NOT_OPENED = "That could not be opened. Please press once more; if that does not help, tell your administrator."
VARIABLES_FIRST = "Before we start, I need a few details."
PLUGIN_FORM = "Please fill this in, and I'll run it."
FILES_KEPT = "I have {names} already; choose others only to replace them."
FILE_NOT_TAKEN = "it does not take files like this one."
FILE_TOO_LARGE_FOR_IT = "it takes only smaller files."
_MOST_NAMES = 5
_MEANS_MORE = re.compile(r"[*_~`<>\[\]\\&$|#^@]|:(?!\d+:)[+\-\w]+:")  # markup, mentions, formulas, emoji by name


def file_names(names: Sequence[str]) -> str:
    """As code: what a file is called is neither markup nor a mention."""
    shown = [_code(name) for name in names[:_MOST_NAMES]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def as_typed(text: str) -> str:
    """What somebody typed, so that it stands there letter by letter: as code where it would be read as anything else.

    Several lines become a block of their own.
    """
    if "\n" not in text:
        return _code(text) if _MEANS_MORE.search(text) else text
    fence = "`" * max(3, _ticks(text) + 1)
    return f"\n{fence}\n{text}\n{fence}"


def _code(text: str) -> str:
    """A span of code, whatever back-ticks are in it (CommonMark: it ends with as many as it began with)."""
    ticks = "`" * (_ticks(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _ticks(text: str) -> int:
    """The most back-ticks in a row."""
    return max(map(len, re.findall("`+", text)), default=0)


def files_refused(names: Sequence[str]) -> str:
    return f"This assistant does not read files, so I left {file_names(names)} out."


def files_over(most: int, names: Sequence[str]) -> str:
    at_most = f"at most {most} file{'s' if most != 1 else ''} at a time"
    return f"This assistant takes {at_most}, so I left {file_names(names)} out."


def files_too_large(limit: int, names: Sequence[str]) -> str:
    """`limit` in bytes."""
    return f"I can take files of at most {limit // 2**20} MB, so I left {file_names(names)} out."


def file_too_large(limit: int) -> str:
    """`limit` in bytes. A reason, for `file_failed`."""
    return f"it is larger than {limit // 2**20} MB, which is the most I can take."


def file_failed(name: str, reason: str) -> str:
    return f"I could not hand {file_names([name])} to the assistant: {reason}"


def left_out(labels: Sequence[str]) -> str:
    return f"I have no safe place to keep {', '.join(labels)}, so I don't ask for it. Please tell your administrator."


_PLAIN = str.maketrans({**dict(zip("[]<>*`~#|\\", "()‹›∗ˋ∼＃¦∖", strict=True)), "\n": " ", "\r": " "})
_LONGEST_NAME = 80  # characters


def called(name: str) -> str:
    """What people call themselves, in a sentence of ours: no link, no markup and no line of its own."""
    plain = " ".join(name.translate(_PLAIN).split())
    plain = plain.strip("_") or plain.replace("_", "-")
    return plain if len(plain) <= _LONGEST_NAME else plain[: _LONGEST_NAME - 1] + "…"


def not_yours(name: str) -> str:
    return NOT_YOURS.format(name=called(name) or SOMEBODY)


def already_answered(name: str) -> str:
    return ALREADY_ANSWERED.format(name=called(name) or SOMEBODY_ELSE)


def asked_by(name: str, text: str) -> str:
    return f"**{called(name) or SOMEBODY_ELSE}** asked: {text}"


def kept(name: str, new: str) -> str:
    """To whoever writes while another one, called so, is asked something. `new` is that command, as it is typed."""
    waiting = f"I'm waiting for {called(name) or SOMEBODY} to answer my question above, and take yours up after that."
    return f"{waiting} {new} begins a new conversation instead."


def kept_question(name: str, text: str, files: Sequence[str]) -> str:
    """Which question is taken up now: the beginning of it, or what was sent instead."""
    flat = " ".join(text.split())
    begun = flat if len(flat) <= _LONGEST_NAME else flat[: _LONGEST_NAME - 1] + "…"
    return asked_by(name, begun or file_names(files))


def chosen(description: str, label: str, name: str, *, shared: bool) -> str:
    who = f" — {called(name)}" if shared and name else ""
    shown = as_typed(label)
    return f"{description}\n\n✅ {shown if shown != label else f'**{label}**'}{who}".strip()


def cancelled_by(description: str, name: str, *, shared: bool, goes_on: bool = False) -> str:
    """`goes_on`: nothing else says what to do now."""
    who = f" by {called(name)}" if shared and name else ""
    return f"{description}\n\n✖ Cancelled{who}{f'. {GO_ON}' if goes_on else ''}".strip()


def expired(description: str) -> str:
    return f"{description}\n\n⌛ {EXPIRED}".strip()


# --- forms: what is wrong with a value ---

NEEDED = "This one is needed."
NO_TEXT = "Please answer in words."
NO_NUMBER = "Please give a number."
NO_OPTION = "Please choose one of the options."
NO_YES_OR_NO = "Please answer yes or no."
NO_FILE = "Please send a file."
NO_DATE = "Please give a date, like 2026-01-31 or 2026-01-31 08:00."
NO_RANGE = "Please give the start and the end. {hint}"
NO_END = "The end is missing. {hint}"
NO_START = "The start is missing. {hint}"
ENDS_BEFORE = "The end is before the start."


def too_long(most: int, length: int) -> str:
    return f"At most {most} characters, please; this has {length}."


def too_short(least: int) -> str:
    return f"At least {least} characters, please."


def too_small(least: str) -> str:
    return f"Please give a number of at least {least}."


def too_large(most: str) -> str:
    return f"Please give a number of at most {most}."


def ambiguous_number(text: str) -> str:
    digits = text.strip().replace(",", "")
    return f"Is that {digits} or {text.strip().replace(',', '.')}? Please write it without a comma."


def too_many_files(most: int) -> str:
    return f"At most {most} file{'s' if most != 1 else ''}, please."


def too_early(first: str) -> str:
    return f"Not before {first}, please."


def too_late(last: str) -> str:
    return f"Not after {last}, please."


# --- forms, field by field ---

BACK = "◀ Back"
SKIP = "Skip"
KEEP = "Keep"
CLEAR = "Clear"
DONE = "Done"
EDIT = "Edit"
MORE = "More ▶"
LESS = "◀ Less"
REQUIRED = "needed"
SUMMARY = "Is this right?"
SUMMARY_WORDS = (
    "If it is right, write “yes” or press Submit. To change something, press its button or write, for example, "
    "“edit 2”. Cancel leaves it."
)
FORM_DONE = "✅ Submitted"


def form_progress(step: int, count: int) -> str:
    return f"{step + 1}/{count}"


# --- votes, quick replies, and the rest below an answer ---

VOTE_GONE = "I can't find that answer any more, so the vote was not counted."
VOTE_FAILED = "I could not pass your vote on. Please try again later."
VOTE_TAKEN_BACK = "Your vote is taken back."
REASON_ASKED = "What was wrong with it? Just write it here."
PRESS_FAILED = "Sorry, that did not work. Please try again."
ANSWER_LOST = "Sorry, I could not go on with your answer. Just ask again."
TAPPED_LATE = "The conversation has moved on. Just write what you would like to know."
ONLY_LATEST = "Only the latest answer can be given again."
NO_SOURCES = "This answer names no sources."
NO_DETAILS = "You are not allowed to see how answers come about."
REASK = "Ask again"
EDITED = "You changed your question. Shall I answer it again?"
NOTHING_RUNS = "Nothing is running."

# --- commands and trouble ---

WELCOME = "Hello! Ask me anything."


def listed(text: str, questions: Sequence[str]) -> str:
    """A welcome text with the questions below it that were buttons before: it may announce them."""
    return f"{text}\n\n" + "\n".join(f"- {question}" for question in questions)


HEARD_BY_MENTION_OR_REPLY = "Where others write too, mention me, reply to me, or use {ask}."
HEARD_IN_THREADS = (
    "Where others write too, mention me; in a thread where I have answered, just write. Each thread is a conversation."
)
_COMMANDS = {
    "new": "starts a new conversation",
    "stop": "stops the answer that is running",
    "cancel": "leaves a question of mine",
    "help": "shows this",
}


def help_for(spelling: Spelling, *, private: bool) -> str:
    """What can be written, as it is written in a place like this."""
    lead = f"Just write to me, and I answer. {spelling.among_others.format(ask=spelling.ask)}".strip()
    asks = [f"{spelling.ask} and a question behind it asks me."] if spelling.ask else []
    told = [f"{spelling.of(name, private=private)} {does}." for name, does in _COMMANDS.items()]
    return f"{lead}\n\n" + "\n".join(asks + told)


NEW = "A new conversation begins. What would you like to know?"


def begins_outside_of_threads(new: str) -> str:
    """`new` is that command, as it is typed in a thread."""
    return f"Every message outside of a thread begins a new conversation here. Within a thread, {new} begins one."


def only_in_a_thread(command: str) -> str:
    """`command` as it is typed there."""
    return f"Each thread is a conversation of its own here. Please write {command} in the one that you mean."


CANNOT_WRITE_HERE = "I can't write here, so I can't answer here. Please ask me in a direct message, or add me first."


def ask_what(ask: str) -> str:
    """`ask` is that command, as it is typed."""
    return f"What would you like to know? Write your question behind {ask}, or send it as an answer to this message."


def unknown_command(name: str, help: str) -> str:
    """`help` is that command, as it is typed."""
    return f"I don't know the command /{name}. {help} shows those I know, and a question begins without a slash."


BURIED = "Sorry, I could not handle your last message. Please try again, or put it differently."
CONTINUES = "I'm being restarted and will continue in a moment."


def output(name: str, value: Json) -> str:
    """One output of a plugin: short values beside their name, long text below it, structures as JSON."""
    if isinstance(value, dict | list):
        return f"**{name}**\n\n```json\n{json.dumps(value, ensure_ascii=False, indent=2)}\n```"
    text = value.strip() if isinstance(value, str) else json.dumps(value)
    return f"**{name}**\n\n{text}" if "\n" in text or len(text) > 80 else f"**{name}:** {text}"


NOW = "Now: {value}"
IF_SKIPPED = "If you skip it: {value}"
HINT_DAY = "Like 2026-01-31."
HINT_TIME = "Like 2026-01-31 or 2026-01-31 08:00 (UTC)."
HINT_DAYS = "Like 2026-01-01 to 2026-01-31."
HINT_RANGE = "Like 2026-12-24 10:00 to 2026-12-26 18:00 (UTC)."


def send_files(most: int) -> str:
    return "Send one file." if most == 1 else f"Send up to {most} files."


SOMEBODY_ELSE = "Somebody else"
STALE_STEP = "That step is done already. Please use the latest buttons."


def form_done(name: str, *, shared: bool) -> str:
    return f"{FORM_DONE} — {called(name)}" if shared and name else FORM_DONE


def reason_given(reason: str) -> str:
    return f"Thanks, I've passed that on: **{reason}**"


OTHER_REASON = "Something else…"
DETAILS_TITLE = "How this answer came about"
_PASSAGE = 600  # characters of a quoted passage that are shown
_ROUND = str.maketrans("[]\n", "() ")
"""A document's name must not end its link and begin one of its own."""
_OF_A_URL = "!#$%&'*+,/:;=?@~-._"  # what may stand in a URL, without the brackets that would end a Markdown link


def source(number: int, citation: Citation) -> str:
    """One source: its number in the text, its name (linked to a web page), its score, the passage as a quote."""
    name = (citation.name or citation.id).translate(_ROUND)
    title = f"[{name}]({quote(citation.url, safe=_OF_A_URL)})" if citation.url else name
    score = f" · {citation.score:.2f}" if citation.score is not None else ""
    passage = citation.text.strip()
    if len(passage) > _PASSAGE:
        passage = passage[:_PASSAGE].rstrip() + "…"
    quoted = "".join(f"\n> {line}" for line in passage.splitlines())
    return f"**[{number}]** {title}{score}{quoted}"


def details(nodes: Sequence[NodeFinished]) -> str:
    """How an answer came about, a line per workflow node."""
    return f"**{DETAILS_TITLE}**\n\n" + "\n".join(f"- {_node(node)}" for node in nodes)


def _node(node: NodeFinished) -> str:
    facts = [
        f"{node.seconds:.2f} s" if node.seconds is not None else "",
        node.model,
        f"{node.input_tokens or 0} → {node.output_tokens or 0} tokens" if node.input_tokens is not None else "",
        f"{node.points:g} points" if node.points else "",
        f"{len(node.citations)} quotes" if node.citations else "",
        f"⚠ {node.error}" if node.error else "",
    ]
    return " · ".join([node.name, *(fact for fact in facts if fact)])
