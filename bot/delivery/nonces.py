"""Nonces: under the same one Discord stores a message once. retries.py says how long it is used."""

import secrets


def new_nonce() -> str:
    """A nonce of our own; Discord accepts at most 25 characters."""
    return f"bs-{secrets.token_hex(10)}"
