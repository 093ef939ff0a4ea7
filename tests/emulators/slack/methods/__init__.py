"""The Web API methods, one module per family; importing this registers them all."""

from tests.emulators.slack.methods import agents, chat, conversations, files, reactions, streaming, users, views

__all__ = ["agents", "chat", "conversations", "files", "reactions", "streaming", "users", "views"]
