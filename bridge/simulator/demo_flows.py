"""What the demo app does with a message, by the words in it."""

from __future__ import annotations

from bridge.simulator import demo_texts as texts
from bridge.simulator.workflow import (
    Agent,
    Ask,
    Case,
    Chat,
    Fail,
    Flow,
    Form,
    Loop,
    Reply,
    Scope,
    Search,
    Select,
    SubApp,
    ToolCall,
    Work,
    choices,
    form_field,
)

_COFFEES = ("Lighthouse", "Low Tide", "Night Ferry")

_EVERY_FIELD = (
    form_field("input", "Full name", description="At most 40 characters", required=True, maxLength=40),
    form_field("textarea", "About you", maxLength=500),
    form_field("numberInput", "Cups a day", value_type="number", min=0, max=20, defaultValue=2),
    form_field("select", "Roast", required=True, list=choices("Light", "Medium", "Dark")),
    form_field(
        "multipleSelect", "Brewers", value_type="arrayString", list=choices("Filter", "Press", "Espresso", "Moka")
    ),
    form_field("switch", "Newsletter", value_type="boolean", defaultValue=False),
    form_field("password", "Club code", description="Any four characters or more", minLength=4),
    form_field("timePointSelect", "Delivery", timeGranularity="day"),
    form_field("timeRangeSelect", "At home", value_type="arrayString", timeGranularity="hour"),
    form_field("fileSelect", "Photo", value_type="arrayString", canSelectImg=True, canLocalUpload=True, maxFiles=2),
)

_ORDER: Flow = (
    Reply(text="Gladly!"),
    Select(
        id="order_choice",
        name="Which coffee",
        description="**Which coffee** would you like?",
        options=(*_COFFEES, "Nothing today"),
        branches={"Nothing today": (Reply(text="Another time, then. The menu is always open."),)}
        | {
            coffee: (
                Form(
                    id="order_form",
                    name="Order",
                    description="Just a few details. Nothing is sold here, it is a demo.",
                    fields=(
                        form_field("input", "Name", description="Who is it for?", required=True, maxLength=40),
                        form_field("numberInput", "Bags", value_type="number", min=1, max=10, defaultValue=1),
                        form_field("select", "Grind", required=True, list=choices("Whole beans", "Filter", "Espresso")),
                        form_field(
                            "multipleSelect", "Extras", value_type="arrayString", list=choices("Mug", "Gift wrap")
                        ),
                        form_field("textarea", "Note", maxLength=200),
                    ),
                ),
                Chat(name="Confirm", text=texts.order_placed),
            )
            for coffee in _COFFEES
        },
    ),
)

_TASTING: Flow = (
    Agent(
        name="Tasting planner",
        calls=(
            ToolCall(
                name="Calendar",
                function="plan_tasting",
                params='{"event":"tasting"}',
                flow=(
                    Select(
                        id="tasting_place",
                        name="Where",
                        description="Where shall the tasting be?",
                        options=("At the harbour", "Online"),
                    ),
                ),
            ),
        ),
        text=lambda scope: f"{scope.choice('tasting_place')} it is. Now the days.\n\n",
    ),
    Loop(
        id="tasting_days",
        name="For each day",
        items=("Friday", "Saturday"),
        flow=(
            Form(
                id="tasting_form",
                name="Guests",
                description="How many guests will come on that day?",
                fields=(form_field("numberInput", "Guests", value_type="number", required=True, min=1, max=12),),
            ),
        ),
        collect=lambda scope: {"day": scope.item, "guests": scope.form("tasting_form").get("Guests")},
    ),
    Reply(text=lambda scope: _tasting_summary(scope)),
)


def _tasting_summary(scope: Scope) -> str:
    days = scope.outputs.get(("tasting_days", "loopArray")) or []
    return "Planned:\n\n" + "\n".join(f"- {day['day']}: {day['guests']} guest(s)" for day in days)


_ADVICE: Flow = (
    Ask(
        id="advice_question",
        name="Advisor",
        kind="agentAsk",
        params={
            "description": "Two questions first, so that the advice fits.",
            "questions": [
                {
                    "question": "How do you brew?",
                    "options": [
                        {"summary": "Filter", "value": "I brew filter coffee"},
                        {"summary": "Espresso", "value": "I pull espresso shots"},
                    ],
                    "answer": "",
                },
                {
                    "question": "How do you like it?",
                    "options": [
                        {"summary": "Fruity", "value": "I like it bright and fruity"},
                        {"summary": "Chocolatey", "value": "I like it dark and chocolatey"},
                    ],
                    "answer": "",
                },
            ],
            "submitted": False,
        },
    ),
    Chat(
        name="Advisor",
        text=lambda scope: (
            "Thank you. Then take **"
            + ("Lighthouse" if "fruity" in str(scope.outputs.get(("advice_question", "answer"), "")) else "Night Ferry")
            + "**. Enjoy it!"
        ),
    ),
)

_STOCK = ToolCall(
    name="Warehouse",
    function="check_stock",
    params='{"coffee":"Low Tide"}',
    response='{"coffee":"Low Tide","bags":42}',
    seconds=0.4,
)

CASES = (
    Case(words=("table", "menu", "prices"), flow=(Chat(name="Menu", text=texts.TABLE),)),
    Case(words=("code", "program", "python"), flow=(Chat(name="Programmer", text=texts.CODE),)),
    Case(words=("order", "choice", "choose", "buy"), flow=_ORDER),
    Case(
        words=("form", "fields"),
        flow=(
            Form(id="every_field", name="Form", description="One field of **every kind**.", fields=_EVERY_FIELD),
            Chat(name="Reader", text=texts.form_received),
        ),
    ),
    Case(
        words=("sources", "source", "cite", "storing", "store"),
        flow=(
            Search(name="Search the handbook", quotes=texts.QUOTES, seconds=0.3),
            Chat(name="Answer", text=texts.SOURCED),
        ),
    ),
    Case(
        words=("tool", "stock", "look up"),
        flow=(Agent(name="Assistant with tools", calls=(_STOCK,), text=texts.TOOL_ANSWER),),
    ),
    Case(
        words=("think", "reason", "recommend"),
        flow=(Chat(name="Thinker", reasoning=texts.THOUGHTS, text=texts.THOUGHT_ANSWER),),
    ),
    Case(words=("long", "story"), flow=(Chat(name="Writer", text=texts.long_text()),)),
    Case(words=("slow", "wait"), flow=(Chat(name="Slow brew", text=texts.SLOW, delay=2.0),)),
    Case(words=("tasting", "nested"), flow=_TASTING),
    Case(words=("advice", "question"), flow=_ADVICE),
    Case(
        words=("sub", "subapp"),
        flow=(
            SubApp(
                name="Club desk",
                flow=(
                    Select(name="Club", description="Do you want to join the club?", options=("Join", "Not now")),
                    Reply(text="Noted at the club desk."),
                ),
            ),
        ),
    ),
    Case(
        words=("repeat",),
        flow=(
            Select(
                id="shelf",
                name="Shelf",
                description="These came from a list, and some are alike. Which one?",
                options=("Mug", "Mug", "Filter"),
                dynamic=True,
            ),
            Reply(text=lambda scope: f"You took: {scope.choice('shelf')}"),
        ),
    ),
    Case(
        words=("payment",),
        flow=(
            Ask(
                name="Points",
                kind="paymentPause",
                params={"description": "chat:balance_not_enough_pause"},
            ),
            Chat(name="After the pause", text="The points are back, and here we go on."),
        ),
    ),
    Case(
        words=("mystery",),
        flow=(
            Ask(name="Future", kind="hologram", params={"description": "A kind of question nobody knows yet."}),
            Chat(name="After the mystery", text="Whatever that was, it is behind us."),
        ),
    ),
    Case(
        words=("error", "fail"),
        flow=(
            Work(name="Ask the warehouse", seconds=0.2),
            Fail(name="Assistant", error="503 The model is not available right now"),
        ),
    ),
    Case(
        words=("hello", "hi", "hey", "help", "start", "what can you do"),
        flow=(Chat(name="Greeting", text=texts.GREETING),),
    ),
)
