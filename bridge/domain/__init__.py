"""The bridge's words: frozen dataclasses and pure functions, standard library only."""
