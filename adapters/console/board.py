"""What is on screen and can still be used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from adapters.console.files import look
from adapters.console.form import FormTalk
from adapters.console.inbound import Pressed, Screen
from adapters.console.keys import Key
from bridge.domain import phrases
from bridge.domain.controls import CancelInteraction, OpenForm, PickOption
from bridge.domain.ids import MessageRef, TurnId
from bridge.domain.interactions import Choice, FieldType, Form, Interaction, Pause

_REMEMBERED = 50  # messages


@dataclass(slots=True)
class Board:
    """Keys by the message they are shown in, the open question, the form being filled in, and the running answer."""

    running: TurnId | None = None
    asked: Interaction | None = None
    form: FormTalk | None = None
    expects: str = ""
    """What the next line should be, in words."""
    secret: bool = False
    """The next line is a password."""
    _messages: dict[str, tuple[MessageRef, tuple[Key, ...]]] = field(default_factory=dict)
    _outcomes: dict[str, str] = field(default_factory=dict)
    _asked_in: str = ""

    def put(self, message: MessageRef, keys: Iterable[Key]) -> bool:
        """Replace the keys of a message; False if they were these already."""
        new = tuple(keys)
        old = self._messages.get(message.id, (message, ()))[1]
        if new:
            self._messages[message.id] = (message, new)
            while len(self._messages) > _REMEMBERED:
                del self._messages[next(iter(self._messages))]
        else:
            self._messages.pop(message.id, None)
        return new != old

    def change(self, message: MessageRef, keys: Iterable[Key]) -> bool:
        """As `put`, for a message that may be behind us by now: then its keys stay gone."""
        return message.id in self._messages and self.put(message, keys)

    def begin(self, turn: TurnId) -> None:
        """An answer comes: the keys below earlier ones would be ambiguous, and go."""
        self.running = turn
        for id, (_, keys) in list(self._messages.items()):
            if not any(isinstance(key.control, PickOption | OpenForm | CancelInteraction) for key in keys):
                del self._messages[id]

    def forget_question(self) -> None:
        self.asked = self.form = None
        self._messages.pop(self._asked_in, None)

    def ask(self, interaction: Interaction, message: MessageRef) -> None:
        """The workflow waits for this now."""
        self.asked, self._asked_in = interaction, message.id
        cancel = Key("/cancel", phrases.CANCEL, CancelInteraction(interaction.id))
        match interaction.ask:
            case Choice():
                self.put(message, (cancel,))
            case Form():
                self.put(message, (Key("/fill", phrases.FILL_IN, OpenForm(interaction.id)), cancel))
                self.fill_in()
            case Pause():
                self.put(message, (Key("1", phrases.CONTINUE, PickOption(interaction.id, 0)), cancel))

    def fill_in(self) -> bool:
        """Begin, or begin again, with the open form; False if there is none."""
        if self.asked is None or not isinstance(self.asked.ask, Form):
            return False
        self.form = FormTalk(self.asked, self.asked.ask, look)
        return True

    def settled(self, message: MessageRef, text: str) -> bool:
        """Whether this is news: the same outcome may come twice."""
        before = self._outcomes.get(message.id)
        self._outcomes[message.id] = text
        while len(self._outcomes) > _REMEMBERED:
            del self._outcomes[next(iter(self._outcomes))]
        return before != text

    def close(self, message: MessageRef) -> None:
        """The controls of this message are settled."""
        self._messages.pop(message.id, None)
        if self.asked is not None and message.id == self._asked_in:
            self.asked = self.form = None

    def expects_nothing(self) -> None:
        self.expects, self.secret = "", False

    @property
    def hides_what_is_typed(self) -> bool:
        field = self.form.field if self.form is not None else None
        return self.secret or (field is not None and field.type is FieldType.PASSWORD)

    @property
    def options(self) -> tuple[str, ...]:
        """What the arrow keys go through."""
        if self.form is not None:
            return self.form.options
        if self.asked is not None and isinstance(self.asked.ask, Choice):
            return tuple(option.label for option in self.asked.ask.options)
        return ()

    @property
    def screen(self) -> Screen:
        keys = {key.typed: Pressed(key, message) for message, shown in self._messages.values() for key in shown}
        return Screen(keys, self.asked, self.running)
