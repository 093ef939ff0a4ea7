"""Apps as data, and how the init call describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.simulator.ids import stable_id
from bridge.simulator.places import with_ids
from bridge.simulator.workflow import Flow, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One FastGPT app. `name` is how tests and the demo speak of it, `title` what FastGPT calls it.

    `kind` is FastGPT's type: simple, advanced, or plugin, which takes `plugin_inputs` instead of a question.
    `variables` and `plugin_inputs` are FastGPT's own dicts. `suggestions` are what its question guide answers.
    """

    name: str
    flow: Flow
    title: str = ""
    intro: str = ""
    kind: str = "advanced"
    welcome: str = ""
    variables: tuple[Mapping[str, Json], ...] = ()
    plugin_inputs: tuple[Mapping[str, Json], ...] = ()
    question_guide: bool = False
    suggestions: tuple[str, ...] = ("What else can you do?", "How does that work?", "Show me an example.")
    input_guides: tuple[str, ...] = ()
    files: Mapping[str, Json] = field(default_factory=dict)
    """`fileSelectConfig`; an app that never had one does not have the key."""
    voice: Mapping[str, Json] = field(default_factory=lambda: {"type": "web"})
    opening_prompt: str = ""
    """The web page would send it by itself in a new chat (`autoExecute`)."""
    start_id: str = "start"
    start_name: str = "Start"
    models: tuple[str, ...] = ("demo-model",)
    guide_model: str = "demo-model"

    @property
    def id(self) -> str:
        return stable_id(f"app {self.name}")

    @property
    def is_plugin(self) -> bool:
        return self.kind == "plugin"

    @property
    def takes_files(self) -> bool:
        return bool(self.files.get("canSelectFile") or self.files.get("canSelectImg"))

    @property
    def steps(self) -> Flow:
        return with_ids(self.flow)

    def chat_config(self) -> Json:
        return {
            "questionGuide": {"open": self.question_guide, "model": self.guide_model, "customPrompt": ""},
            "ttsConfig": dict(self.voice),
            "whisperConfig": {"open": False, "autoSend": False, "autoTTSResponse": False},
            "chatInputGuide": {"open": bool(self.input_guides), "textList": [], "customUrl": ""},
            "instruction": "",
            "autoExecute": {"open": bool(self.opening_prompt), "defaultPrompt": self.opening_prompt},
            "welcomeText": self.welcome,
            "variables": [dict(variable) for variable in self.variables],
            **({"fileSelectConfig": dict(self.files)} if self.files else {}),
            "_id": stable_id(f"config {self.name}"),
        }

    def described(self) -> Json:
        return {
            "chatConfig": self.chat_config(),
            "chatModels": list(self.models),
            "name": self.title or self.name,
            "avatar": "/icon/logo.svg",
            "intro": self.intro,
            "type": self.kind,
            "pluginInputs": [dict(entry) for entry in self.plugin_inputs],
        }


def variable(kind: str, key: str, label: str, **properties: Json) -> dict[str, Json]:
    """A global variable as FastGPT's editor saves it."""
    base = {"id": stable_id(key)[:6], "key": key, "label": label, "type": kind, "required": False}
    return base | {"valueType": "string", "description": "", "defaultValue": ""} | properties


def plugin_input(kind: str, key: str, *, value_type: str = "string", **properties: Json) -> dict[str, Json]:
    """An input of a plugin as FastGPT's editor saves it. `kind` is one of its render types."""
    base: dict[str, Json] = {"key": key, "label": key, "renderTypeList": [kind, "reference"], "selectedTypeIndex": 0}
    base |= {"valueType": value_type, "required": True, "description": "", "toolDescription": "", "defaultValue": ""}
    return base | properties


class Apps:
    """The apps of one server, their keys and ids."""

    def __init__(self, apps: Iterable[App]) -> None:
        self._by_name = {app.name: app for app in apps}
        self._by_id = {app.id: app for app in self._by_name.values()}
        self._by_key = {self.key(name): app for name, app in self._by_name.items()}
        self.account_key = f"fastgpt-account{stable_id('account')}"

    def named(self, name: str) -> App:
        try:
            return self._by_name[name]
        except KeyError:
            raise ValueError(f"no app is called {name!r}; there are {', '.join(self._by_name)}") from None

    def with_id(self, app_id: str) -> App | None:
        return self._by_id.get(app_id)

    def with_key(self, key: str) -> App | None:
        return self._by_key.get(key)

    def key(self, name: str) -> str:
        """A FastGPT key has no hyphen but the one behind `fastgpt`."""
        return f"fastgpt-{stable_id(f'key {self.named(name).name}')}demo"

    def all(self) -> list[App]:
        return list(self._by_name.values())
