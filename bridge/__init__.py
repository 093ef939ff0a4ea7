"""FastGPT apps in Slack and Telegram, as if they had been born there."""

__version__ = "0.1.0"
