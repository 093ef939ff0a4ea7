"""Slack: threads, agent sessions, native streaming, Block Kit controls and modals, over Socket Mode."""
