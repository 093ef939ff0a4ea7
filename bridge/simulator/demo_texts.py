"""What the demo says. People read it, so it is written for them."""

from __future__ import annotations

from bridge.simulator.workflow import Quote, Scope

WELCOME = """Welcome to **Harbour Coffee**, a small roastery that exists only in this demo. \
Ask me anything, or begin with one of these:

- [Show me the menu as a table]
- [I would like to order]
- [What do your sources say about storing coffee?]
- [What can you do?]
"""

GREETING = """Hello! I am the assistant of **Harbour Coffee**, and I can show you what this connection can do:

- **table**: our menu
- **code**: a little program, with highlighting
- **order**: a choice, then a form
- **form**: a form with every kind of field
- **sources**: an answer that cites where it comes from
- **tool**: I look something up while you watch
- **think**: you see me think first
- **long**: an answer too long for one message
- **slow**: an answer that takes its time, so that you can stop it
- **tasting**: a question inside a tool, then a form for each day
- **advice**: I ask you back before I answer
- **error**: what a failure looks like

Anything else you write, I answer as well as I can, and I remember what you said before.
"""

TABLE = """Here is what we roast this week:

| Coffee | From | Tastes of | 250 g |
| --- | --- | --- | ---: |
| Lighthouse | Ethiopia | jasmine, lemon | 11.50 € |
| Low Tide | Colombia | caramel, red apple | 9.80 € |
| Night Ferry | Sumatra | cocoa, cedar | 10.20 € |
| Decaf Anchor | Peru | hazelnut, honey | 10.90 € |

All of them come as **whole beans** or *ground for your brewer*.
"""

CODE = """The rule of thumb is 60 g of coffee per litre of water. As a function:

```python
def water_for(coffee_grams: float, grams_per_litre: float = 60.0) -> float:
    \"\"\"Millilitres of water for this much coffee.\"\"\"
    return coffee_grams / grams_per_litre * 1000


print(f"{water_for(18):.0f} ml")  # 300 ml
```

Change `grams_per_litre` to `70` for a stronger cup.
"""

THOUGHTS = (
    "They want to know which coffee to pick. A light roast keeps more of the fruit, a dark one more of the chocolate. "
    "Without knowing how they brew, the one in the middle is the safest suggestion. "
)
THOUGHT_ANSWER = """I would start with **Low Tide**: it is roasted in the middle, so it suits filter and espresso alike.

If you like bright and fruity, go for *Lighthouse*; if you like dark and heavy, take *Night Ferry*."""

QUOTES = (
    Quote(
        "Whole beans keep their aroma for about six weeks after roasting if they are kept airtight, dark and at room "
        "temperature. Ground coffee loses most of it within a few days.",
        "Storing coffee.pdf",
        score=0.91,
    ),
    Quote(
        "Do not keep coffee in the refrigerator: it takes on moisture and the smell of other food. Freezing whole "
        "beans in portions is fine.",
        "Common questions",
        source="https://example.com/coffee/questions",
        score=0.84,
    ),
)
SOURCED = f"""Keep whole beans airtight, dark and at room temperature; they stay good for about **six weeks** after \
roasting.{QUOTES[0].marker} The refrigerator is the wrong place, because coffee takes on moisture and smells there. \
The freezer is fine, in portions.{QUOTES[1].marker}"""

TOOL_ANSWER = (
    "Good news: **Low Tide** is in stock, 42 bags of 250 g are on the shelf. Ordered before noon, it leaves today."
)

SLOW = "Good coffee takes its time, and so does this answer. " + " ".join(
    f"{number} seconds of brewing have passed." for number in range(10, 310, 10)
)

_CHAPTERS = (
    (
        "Choosing beans",
        "Look for a roasting date, not for a best-before date. Beans taste best one to six weeks after roasting.",
    ),
    (
        "Grinding",
        "Grind right before brewing. Finer grounds give up their taste faster: fine for espresso, coarse for a press.",
    ),
    (
        "Water",
        "Coffee is mostly water. Fresh, filtered water a little below boiling, around 93 °C, brings out the most.",
    ),
    (
        "Brewing",
        "Wet the grounds first and wait for thirty seconds. Then pour slowly, in circles, for about three minutes.",
    ),
    (
        "Tasting",
        "Let it cool a little. Sour and thin means too coarse or too short; bitter and dry means too fine or too long.",
    ),
    (
        "Cleaning",
        "Old oil turns rancid. Rinse after each use, and take the brewer apart once a week for a proper wash.",
    ),
)


_BREWERS = ("Filter", "French press", "Espresso", "Moka pot", "Cold brew", "Siphon")


def long_text() -> str:
    """About twelve thousand characters: more than one message holds."""
    parts = ["# The long story of a good cup\n\nThis is a guide in chapters, to show how a long answer arrives.\n"]
    chapters = [(brewer, *chapter) for brewer in _BREWERS for chapter in _CHAPTERS]
    for number, (brewer, title, advice) in enumerate(chapters, 1):
        parts.append(f"## {number}. {brewer}: {title}\n\n{advice}\n")
        parts.append(
            f"1. Read the advice above.\n2. Try it once with the {brewer.lower()}.\n3. Change **one** thing.\n"
        )
        if title == "Water":
            parts.append(
                "| Cups | Coffee | Water |\n| ---: | ---: | ---: |\n| 1 | 15 g | 250 ml |\n| 4 | 60 g | 1 l |\n"
            )
        if title == "Brewing":
            parts.append(
                f'```python\nbrewer = "{brewer}"\nfor pour in range(4):\n    print(brewer, "pour", pour + 1)\n```\n'
            )
        parts.append("> Write down what you did. A good cup that cannot be repeated is only luck.\n")
    return "\n".join([*parts, "That was all. Enjoy your coffee!"])


def _counted(number: int, what: str) -> str:
    return f"the {what}" if number == 1 else f"the {number} {what}s"


def answer_from_memory(scope: Scope) -> str:
    """Anything that is no keyword: shows that the chat goes on where it was."""
    asked = [text for obj, text in scope.history if obj == "Human" and text]
    files = f"\n\nThank you for {_counted(len(scope.files), 'file')}." if scope.files else ""
    quoted = "\n".join(f"> {line}" for line in scope.question.splitlines()) or "> …"
    if not asked:
        memory = "This is the **first** message of our conversation."
    else:
        memory = f"This is message **{len(asked) + 1}** of our conversation; the one before was: “{_short(asked[-1])}”"
    return f"You wrote:\n\n{quoted}\n\n{memory}{files}\n\nSay **help** to see what I can show you."


def _short(text: str, limit: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def order_placed(scope: Scope) -> str:
    form, coffee = scope.form("order_form"), scope.choice("order_choice")
    extras = ", ".join(str(extra) for extra in form.get("Extras") or []) or "none"
    lines = [
        f"Thank you, **{form.get('Name') or 'friend'}**! Your order (not a real one):",
        f"- {form.get('Bags') or 1} × {coffee}, {str(form.get('Grind') or 'whole beans').lower()}",
        f"- Extras: {extras}",
    ]
    if note := form.get("Note"):
        lines.append(f"- Note: {note}")
    return "\n".join(lines)


def form_received(scope: Scope) -> str:
    values = scope.form("every_field")
    if values.get("Club code"):
        values = {**values, "Club code": "(kept secret)"}
    rows = [f"| {key} | {_cell(value)} |" for key, value in values.items()]
    return "\n".join(["This is what arrived:", "", "| Field | Value |", "| --- | --- |", *rows])


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(str(entry) for entry in value.values())
    if isinstance(value, list):
        return ", ".join(_cell(entry) for entry in value) or "–"
    return str(value).replace("|", "\\|").replace("\n", " ") if value not in ("", None) else "–"
