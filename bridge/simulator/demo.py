"""The apps of the demo: one that does everything, a plugin, and one that asks for global variables."""

from __future__ import annotations

from bridge.simulator import demo_texts as texts
from bridge.simulator.apps import App, plugin_input, variable
from bridge.simulator.demo_flows import CASES
from bridge.simulator.workflow import Chat, Json, PluginOutput, Route, Scope, SetVariables, choices

_DEMO = App(
    name="demo",
    title="Harbour Coffee",
    intro="Shows everything that the bridge can do.",
    welcome=texts.WELCOME,
    question_guide=True,
    suggestions=("Show me the menu as a table", "I would like to order", "Tell me the long story of a good cup"),
    input_guides=("Show me the menu", "I would like to order", "What do you recommend?"),
    files={"canSelectFile": True, "canSelectImg": True, "maxFiles": 5},
    voice={"type": "model", "model": "demo-voice", "voice": "calm"},
    flow=(Route(name="What is it about", cases=CASES, otherwise=(Chat(name="Chat", text=texts.answer_from_memory),)),),
)


def _brew(scope: Scope) -> Json:
    grams = float(scope.variables.get("coffee") or 18)
    per_litre = {"Mild": 50, "Normal": 60, "Strong": 70}.get(str(scope.variables.get("strength")), 60)
    water = round(grams / per_litre * 1000)
    return {"result": f"Use {water} ml of water for {grams:g} g of coffee.", "water_ml": water}


_PLUGIN = App(
    name="plugin",
    title="Brewing calculator",
    intro="How much water for how much coffee?",
    kind="plugin",
    start_id="pluginInput",
    start_name="Inputs",
    plugin_inputs=(
        plugin_input(
            "numberInput", "coffee", value_type="number", label="Coffee (g)", min=1, max=1000, defaultValue=18
        ),
        plugin_input("select", "strength", label="Strength", list=choices("Mild", "Normal", "Strong")),
        plugin_input("textarea", "note", label="Note", required=False),
    ),
    flow=(PluginOutput(id="pluginOutput", name="Outputs", outputs=_brew),),
)


def _greeted(scope: Scope) -> str:
    name, size = scope.variables.get("name") or "friend", scope.variables.get("size") or "medium"
    return f"Hello {name}! You asked: “{scope.question}”. I will make it a {size} one."


_VARIABLES = App(
    name="variables",
    title="Personal barista",
    intro="Wants to know who you are first.",
    welcome="Hi! Tell me who you are, and I will remember it for this conversation.",
    variables=(
        variable("input", "name", "Your name", required=True, maxLength=40),
        variable("select", "size", "Cup size", list=choices("small", "medium", "large"), defaultValue="medium"),
        variable("numberInput", "sugar", "Spoons of sugar", valueType="number", min=0, max=5),
        variable("custom", "campaign", "Set from outside"),
    ),
    flow=(
        SetVariables(values=lambda scope: {"asked": int(scope.variables.get("asked") or 0) + 1}),
        Chat(name="Barista", text=_greeted),
    ),
)


def demo_apps() -> list[App]:
    """`demo` first; then `plugin` and `variables`."""
    return [_DEMO, _PLUGIN, _VARIABLES]
