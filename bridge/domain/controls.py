"""What a button means, as at most 64 bytes that still mean it after a restart, weeks later.

A token is `<letter>:<id>[:<arguments>]`. The ids are unguessable, and whoever presses is checked against what is stored
under them, so a token is opaque to the person and a forged one leads nowhere. 64 bytes is Telegram's limit for
`callback_data` (Bot API, InlineKeyboardButton).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from bridge.domain.ids import InteractionId, TurnId
from bridge.domain.updates import AnswerAction, FormMove, Rating

TOKEN_LIMIT = 64  # bytes


@dataclass(frozen=True, slots=True)
class PickOption:
    interaction: InteractionId
    index: int


@dataclass(frozen=True, slots=True)
class OpenForm:
    """Open the native form (a modal), or start going through its fields where there is none."""

    interaction: InteractionId


@dataclass(frozen=True, slots=True)
class MoveForm:
    interaction: InteractionId
    step: int
    move: FormMove
    index: int = 0


@dataclass(frozen=True, slots=True)
class CancelInteraction:
    interaction: InteractionId


@dataclass(frozen=True, slots=True)
class Vote:
    turn: TurnId
    rating: Rating


@dataclass(frozen=True, slots=True)
class GiveReason:
    """Why an answer was bad: one of the ready-made reasons by position, or -1 to be asked for words."""

    turn: TurnId
    index: int = -1


@dataclass(frozen=True, slots=True)
class SendQuickReply:
    turn: TurnId
    index: int


@dataclass(frozen=True, slots=True)
class StopAnswer:
    turn: TurnId


@dataclass(frozen=True, slots=True)
class ActOnAnswer:
    turn: TurnId
    action: AnswerAction
    index: int = -1


Control: TypeAlias = (
    PickOption | OpenForm | MoveForm | CancelInteraction | Vote | GiveReason | SendQuickReply | StopAnswer | ActOnAnswer
)

_MOVES = {
    FormMove.START: "s",
    FormMove.PICK: "p",
    FormMove.TOGGLE: "t",
    FormMove.DONE: "d",
    FormMove.BACK: "b",
    FormMove.SKIP: "k",
    FormMove.CLEAR: "c",
    FormMove.EDIT: "e",
    FormMove.PAGE: "g",
    FormMove.SUBMIT: "y",
}
_MOVE_OF = {letter: move for move, letter in _MOVES.items()}


def encode(control: Control) -> str:
    match control:
        case PickOption(interaction, index):
            return f"o:{interaction}:{index}"
        case OpenForm(interaction):
            return f"f:{interaction}"
        case MoveForm(interaction, step, move, index):
            return f"m:{interaction}:{step}:{_MOVES[move]}:{index}"
        case CancelInteraction(interaction):
            return f"x:{interaction}"
        case Vote(turn, rating):
            return f"v:{turn}:{rating}"
        case GiveReason(turn, index):
            return f"r:{turn}:{index}"
        case SendQuickReply(turn, index):
            return f"q:{turn}:{index}"
        case StopAnswer(turn):
            return f"s:{turn}"
        case ActOnAnswer(turn, action, index):
            return f"a:{turn}:{action}:{index}"
        case _:
            assert_never(control)


def decode(token: str) -> Control | None:
    """None for anything `encode` cannot have produced."""
    if len(token) > TOKEN_LIMIT or not token.isascii():
        return None
    try:
        control = _decode(token.split(":"))
    except (ValueError, KeyError):
        return None
    return control if control is not None and encode(control) == token else None


def _decode(parts: list[str]) -> Control | None:
    match parts:
        case ["o", id, index]:
            return PickOption(InteractionId(id), _position(index))
        case ["f", id]:
            return OpenForm(InteractionId(id))
        case ["m", id, step, move, index]:
            return MoveForm(InteractionId(id), _position(step), _MOVE_OF[move], _position(index))
        case ["x", id]:
            return CancelInteraction(InteractionId(id))
        case ["v", id, rating]:
            return Vote(TurnId(id), Rating(rating))
        case ["r", id, index]:
            return GiveReason(TurnId(id), _position(index, least=-1))
        case ["q", id, index]:
            return SendQuickReply(TurnId(id), _position(index))
        case ["s", id]:
            return StopAnswer(TurnId(id))
        case ["a", id, action, index]:
            return ActOnAnswer(TurnId(id), AnswerAction(action), _position(index, least=-1))
        case _:
            return None


def _position(text: str, *, least: int = 0) -> int:
    """Raises ValueError for what is no position, so that none counts from the end."""
    position = int(text)
    if position < least:
        raise ValueError("out of range")
    return position
