"""An emulated Slack, as strict as Slack's documentation, for the unmodified slack_sdk and slack_bolt.

    async with SlackEmulator() as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        handler = AsyncSocketModeHandler(AsyncApp(client=client), slack.app_token)
        await handler.connect_async()
        await slack.connected()

        anna = slack.person("U1", "anna")
        sent = await anna.mention("what is new?")              # C0GENERAL; app_mention and message.channels
        answer = await slack.until(lambda: slack.answers(sent.channel, sent.thread))
        assert answer[-1].body == "Nothing."

Where things are:

* `SlackEmulator`: `base_url`, `bot_token`, `app_token`; `person(id)`, `channel(id)`; `messages`, `answers`,
  `ephemerals(user)`, `rendered(channel, thread)`; `calls(method)`; `session`, `status`, `prompts`;
  `fail(method, fault)`, `heal()`, `advance(seconds)`, `enforce_rates`, `revoke()`, `grant_only(*scopes)`,
  `uninstall()`, `change_channel_id(old, new)`; `deliveries`, `unacknowledged`, `repeat(delivery)`, `hurry()`,
  `deliver_to(url, secret)` for HTTP instead of sockets; `until(found)`, `connected()`, `settled()`, `report()`.
  `workspace` has ids and the switches `agent_view`, `home_enabled`, `events` (subscriptions); `world.echo` the events
  about the app's own messages.
* `Person`: `mention`, `dm`, `say`, `reply`, `upload`, `edit`, `unfurl`, `delete`, `react`, `unreact`; `click`,
  `feedback`, `choose`, `enter`, `suggestions`; `modal`, `submit`, `close_modal`; `home`, `open_home`; `command`,
  `shortcut`, `message_shortcut`; `stop_session`, `rename_session`; `invite_app`, `remove_app`, `archive`; `troubles`,
  the errors Slack itself showed them. Posting returns `Sent`, acting a `Delivery`; `await …acked()` or `…outcome()`
  waits for the app. What they type arrives as from Slack: `&`, `<`, `>` escaped, links in angle brackets.
* `Message`: `body` (the prose), `notes` (small print), `visible` (everything), `controls`, `labels`, `pings` (whom it
  ever notified), `history` (every `State`), `changes`, `streaming`, `deleted`, `reactions`, `metadata`, `options`.
* `Delivery`: what the app was told, with `attempts`, `acked`, `failed`, `answer`, `payload`.
* `slack.sockets`: `connections`, `disconnect(reason)`, `abort()`, `complaints`, `choose`; a `Connection` can be
  `frozen`, closed or aborted alone. Unacknowledged events come again at once, after 60 s and
  after 300 s: `slack.hurry()` does not wait for that.
* Faults: `RateLimited`, `Failed`, `ApiError`, `Html`, `Reset`, `Silence`, `Held`.

Time passes by itself and with `advance`; nothing else moves it.
"""

from tests.emulators.slack.emulator import SlackEmulator
from tests.emulators.slack.faults import ApiError, Failed, Fault, Held, Html, RateLimited, Reset, Silence
from tests.emulators.slack.hands import Submission
from tests.emulators.slack.messages import Message, State
from tests.emulators.slack.outbox import Delivery
from tests.emulators.slack.people import Person, Sent
from tests.emulators.slack.reading import Control
from tests.emulators.slack.sockets import Connection
from tests.emulators.slack.views import View
from tests.emulators.slack.world import Call

__all__ = [
    "ApiError",
    "Call",
    "Connection",
    "Control",
    "Delivery",
    "Failed",
    "Fault",
    "Held",
    "Html",
    "Message",
    "Person",
    "RateLimited",
    "Reset",
    "Sent",
    "Silence",
    "SlackEmulator",
    "State",
    "Submission",
    "View",
]
