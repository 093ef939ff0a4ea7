"""What renderers of every platform share: splitting, healing, folding, pacing. Pure, but for pacing."""
