"""Telegram. `inbound` and the renderers are pure, `api` alone can fail remotely, `adapter` has the control flow."""
