"""Encryption of what must not lie open in the database: passwords typed into forms, and what carries them."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bridge.domain.errors import NoSecretKey

SEALED = "sealed:"
"""What sealed text begins with."""

_SALT = b"fastgpt-bridge/store/1"  # fixed: the key has to be the same in every process and after every restart


class Unsealable(ValueError):
    """What was sealed cannot be opened: the key is missing or another one."""


@lru_cache(maxsize=8)
def _fernet(secret_key: str) -> Fernet:
    kdf = Scrypt(salt=_SALT, length=32, n=2**14, r=8, p=1)  # slow on purpose: people choose weak keys
    return Fernet(base64.urlsafe_b64encode(kdf.derive(secret_key.encode())))


class Vault:
    """Seals text with a key derived from `BRIDGE_SECRET_KEY`; without one it keeps nothing."""

    def __init__(self, secret_key: str | None) -> None:
        self._secret_key = secret_key or None

    @property
    def can_keep_secrets(self) -> bool:
        return self._secret_key is not None

    def seal(self, text: str) -> str:
        """Raises NoSecretKey if there is no key."""
        if self._secret_key is None:
            raise NoSecretKey
        return SEALED + _fernet(self._secret_key).encrypt(text.encode("utf-8", "surrogatepass")).decode()

    def open(self, text: str) -> str:
        """The inverse of `seal`; text that was never sealed is returned as it is. Raises Unsealable."""
        if not is_sealed(text):
            return text
        if self._secret_key is None:
            raise Unsealable("it is encrypted, and BRIDGE_SECRET_KEY is not set")
        try:
            return _fernet(self._secret_key).decrypt(text[len(SEALED) :]).decode("utf-8", "surrogatepass")
        except InvalidToken:
            raise Unsealable("it was encrypted with another BRIDGE_SECRET_KEY") from None


def is_sealed(text: str) -> bool:
    return text.startswith(SEALED)
