"""What people type into forms, and every platform could read as something else."""

ODD_WORDS = (
    "*very* important",
    "__init__ and snake_case",
    "<b>bold</b> & <i>",
    "a ``` b",
    "`code` at the ends `",
    "[here](https://example.com)",
    "$x_1 + y$ and \\(z\\)",
    "@channel <!here> :smile:",
    "~~gone~~ | # no heading",
    "first *line*\n```\nsecond line\n- third\n````",
    "    spaces before\n\n\nand lines between",
)
