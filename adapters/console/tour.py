"""The tour that the demo plays where nobody sits at the terminal: each feature once, through the real pipeline."""

from __future__ import annotations

from adapters.console.script import Choose, Fill, QuickReply, Rate, Say, Step

TOUR: tuple[Step, ...] = (
    Say("What can you do?"),
    Say("Show me the menu as a table"),
    Say("code"),
    Say("order"),
    Choose("1"),
    Fill({"Name": "Ann", "Grind": "Filter"}),
    Rate(good=True),
    Say("tasting"),
    Choose("At the harbour"),
    Fill({"Guests": "4"}),
    Fill({"Guests": "6"}),
    Say("advice"),
    Fill({"How do you brew?": "1", "How do you like it?": "Fruity"}),
    Say("sources"),
    Say("/sources"),
    Say("tool"),
    QuickReply(1),
    Say("/new"),
    Say("error"),
    Say("think"),
    Rate(good=False, reason="Too short"),
)

VARIABLES_TOUR: tuple[Step, ...] = (Say("What shall I drink?"), Fill({"Your name": "Ann"}), Say("And tomorrow?"))
"""For an app that wants to know something before the first question."""

PLUGIN_TOUR: tuple[Step, ...] = (Say("go"), Fill({"Coffee (g)": "30", "Strength": "Strong"}))
"""For an app that takes inputs instead of questions."""
