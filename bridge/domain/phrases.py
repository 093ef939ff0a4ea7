"""Every sentence the bridge itself says to people in a chat, in one place so that it can be said in other languages.

Friendly and short. Markdown. No platform's name, no word of FastGPT's insides, nothing a person cannot act on.
"""

from __future__ import annotations

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
REASONS = ("Wrong", "Not helpful", "Out of date", "Too long")
REASON_TITLE = "What was wrong?"
REASON_TEXT = "Anything to add?"

SUGGESTIONS = "You could ask:"


def unsupported(kind: str) -> str:
    return f"I can't read {kind} yet. Please send me text instead."
