"""The apps that the recorded servers had, as simulator apps."""

from __future__ import annotations

from bridge.simulator.apps import App, plugin_input, variable
from bridge.simulator.ids import dumps
from bridge.simulator.workflow import (
    Agent,
    Chat,
    Flow,
    Form,
    Json,
    Loop,
    PluginOutput,
    Reply,
    Scope,
    Select,
    SubApp,
    ToolCall,
    Work,
    choices,
    form_field,
)

START = "流程开始"
_SYSTEM = "You are a test bot."

_NAME = form_field("input", "Name", description="Your full name", required=True)
_PERSON = (
    {**{key: value for key, value in _NAME.items() if key != "list"}, "maxLength": 20, "list": []},
    form_field("numberInput", "Age", value_type="number", min=1, max=120),
    form_field("select", "Color", required=True, list=choices("Red", "Green")),
)
_FORM = (
    *_PERSON,
    form_field("multipleSelect", "Toppings", value_type="arrayString", list=choices("Cheese", "Ham")),
    form_field("switch", "Subscribe", value_type="boolean"),
    form_field("textarea", "Comment", defaultValue="none"),
)
_TEXT = form_field("input", "Text", required=True)
_ALL = (
    {**{key: value for key, value in _TEXT.items() if key != "list"}, "maxLength": 50, "list": []},
    form_field("password", "Secret"),
    form_field("numberInput", "Num", value_type="number", min=0, max=10),
    form_field("select", "One", list=choices("A", "B")),
    form_field("multipleSelect", "Many", value_type="arrayString", list=choices("X", "Y")),
    form_field("switch", "Flag", value_type="boolean"),
    form_field("timePointSelect", "When"),
    form_field("timeRangeSelect", "Range", value_type="arrayString"),
    form_field("fileSelect", "Files", value_type="arrayString"),
    form_field("selectLLMModel", "Model"),
)


def chat(id: str, name: str = "AI 对话") -> Chat:
    return Chat(
        id=id,
        name=name,
        system=_SYSTEM,
        model="stub-llm",
        text=lambda scope: f"Echo: {scope.question}",
        reasoning=lambda scope: "Let me think about it step by step. " if scope.question.startswith("reason") else "",
    )


def _reply(id: str, text: Json) -> Reply:
    return Reply(id=id, name="指定回复", text=text)


def _filled(scope: Scope, node: str = "form") -> str:
    """A form's values as a template of the recorded server printed them."""
    values = scope.outputs.get((node, "formInputResult"))
    return dumps(values) if isinstance(values, dict | list) else ""


def _form_reply(scope: Scope) -> str:
    form = scope.form("form")
    parts = [form.get("Name", ""), form.get("Age", ""), form.get("Color", "")]
    return "Form got: name={} age={} color={} all={}".format(*parts, _filled(scope))


def _key_reply(scope: Scope) -> str:
    form = scope.form("form")
    return f"name={form.get('k_name', '')} age={form.get('k_age', '')} all={_filled(scope)}"


def _select(last: Json) -> Flow:
    return (
        Select(
            id="sel",
            name="用户选择",
            description="Pick one please",
            options=("Confirm", "Cancel"),
            branches={"Confirm": (_reply("yes", "You confirmed."),), "Cancel": (last,)},
        ),
    )


def _form(fields: tuple[Json, ...], description: str, id: str = "form") -> Form:
    return Form(id=id, name="表单输入", description=description, fields=fields)


_COMBO: Flow = (
    chat("chat0", "AI first"),
    Select(
        id="sel",
        name="用户选择",
        description="How shall I go on? (text before)",
        options=("Fill form", "Stop"),
        branches={
            "Fill form": (_form(_PERSON, "Details"), _reply("a", _form_reply)),
            "Stop": (_reply("bye", "Bye."),),
        },
    ),
)
_TWO: Flow = (
    Select(id="s1", name="用户选择", description="First question", options=("A", "B")),
    Select(id="s2", name="用户选择", description="Second question", options=("C", "D")),
    _reply("a", lambda scope: f"first={scope.choice('s1')} second={scope.choice('s2')}"),
)
_TOOL = ToolCall(
    name="ToolSelect",
    function="sel",
    avatar="core/workflow/template/userSelect",
    when=lambda scope: scope.question.startswith("usetool"),
    flow=(
        Select(
            id="sel",
            name="ToolSelect",
            description="Tool asks: pick",
            options=("Alpha", "Beta"),
            branches={
                "Alpha": (_reply("ta", "tool branch alpha"),),
                "Beta": (_reply("tb", "tool branch beta"),),
            },
        ),
    ),
)
_AGENT = Agent(
    id="agent",
    name="工具调用",
    system="Use tools.",
    model="stub-llm",
    calls=(_TOOL,),
    text=lambda scope: f"Echo: {scope.question}",
)


def _loop() -> Loop:
    return Loop(
        id="loop",
        name="Loop",
        start_id="ls",
        end_id="le",
        items=("x", "y"),
        flow=(
            Select(
                id="lsel",
                name="LoopSelect",
                description=lambda scope: f"Loop asks about item {scope.item}",
                options=("Yes", "No"),
            ),
            _reply("la", lambda scope: f"picked {scope.choice('lsel')} "),
        ),
        collect=lambda scope: scope.choice("lsel"),
    )


def _loop_result(scope: Scope) -> str:
    return f"Loop result: {dumps(scope.outputs[('loop', 'loopArray')])}"


def _variables_reply(scope: Scope) -> str:
    name = scope.variables.get("name", "")
    return f"name={name} uid={scope.system['userId']} chat={scope.system['chatId']} q={scope.question}"


_VARIABLES = (
    variable("input", "name", "Your name", id="v1", required=True),
    {
        "id": "v2",
        "key": "lang",
        "label": "Language",
        "type": "select",
        "required": False,
        "valueType": "string",
        "description": "",
        "list": choices("en", "zh"),
        "enums": choices("en"),
    },
)


def _app(name: str, flow: Flow, **properties: Json) -> App:
    named: Json = {"start_name": START, **properties}
    return App(name=name, title=f"rig-{name}", flow=flow, **named)


def rig_apps() -> list[App]:
    static = _reply("a1", lambda scope: f"Static answer line 1\\nline 2: {scope.question}")
    sub = SubApp(id="sub", name="SubApp", status=False, start_name=START, flow=_select(chat("no", "AI on cancel")))
    keys = (
        form_field("input", "k_name", label="Full name", required=True),
        form_field("numberInput", "k_age", label="Your age", value_type="number"),
    )
    return [
        _app(
            "simple",
            (chat("chat"),),
            kind="simple",
            models=("stub-llm",),
            guide_model="stub-llm",
            welcome="Welcome to **simple**!\n\n- [What can you do?]\n- [Tell me a joke]",
            question_guide=True,
            suggestions=("What is FastGPT?", "How do I deploy it?", "Which models are supported?"),
            files={"canSelectFile": False, "canSelectImg": True, "maxFiles": 5},
        ),
        _app("plainAnswer", (static,)),
        _app("select", _select(chat("no", "AI on cancel"))),
        _app("form", (_form(_FORM, "Please fill in the form"), _reply("a", _form_reply))),
        _app("formKey", (_form(keys, "Key differs from label"), _reply("a", _key_reply))),
        _app("formAll", (_form(_ALL, "All field types of 4.14"), _reply("a", lambda scope: f"all={_filled(scope)}"))),
        _app("twoSelect", _TWO),
        _app("combo", _COMBO),
        _app("nested", (_reply("before", "Before sub app. "), sub, _reply("after", "After sub app."))),
        _app("agent", (_AGENT,)),
        _app("loop", (_loop(), _reply("end", _loop_result))),
        _app("fileIn", (_reply("a", lambda scope: f"files: {dumps(list(scope.files))}"),)),
        _app(
            "http",
            (Work(id="http", name="HTTP bad", error="connect ECONNREFUSED 127.0.0.1:9"), _reply("a", "after http")),
        ),
        _app(
            "plugin",
            (PluginOutput(id="pout", name="Plugin out", outputs=lambda scope: {"result": scope.variables["text"]}),),
            kind="plugin",
            start_id="pin",
            start_name="Plugin in",
            plugin_inputs=(plugin_input("input", "text"),),
        ),
        _app(
            "vars",
            (_reply("a", _variables_reply),),
            welcome="Hi {{name}}",
            models=(),
            guide_model="gpt-5",
            variables=_VARIABLES,
        ),
    ]
