"""What renderers of every platform share: splitting, healing, reading HTML, folding, pacing. Pure, but for pacing."""
