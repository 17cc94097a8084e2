"""The harness of delivery, for what works beside it."""

from tests.delivery.conftest import harness

__all__ = ["harness"]
