"""Discord's error answers, as its documentation lists them: code, HTTP status and sentence."""

from enum import Enum
from typing import Any


class Code(Enum):
    """A documented error: its JSON code, its HTTP status, and Discord's message."""

    UNAUTHORIZED = (0, 401, "401: Unauthorized")
    FORBIDDEN = (0, 403, "403: Forbidden")
    NOT_FOUND = (0, 404, "404: Not Found")
    RATE_LIMITED = (0, 429, "You are being rate limited.")
    UNAVAILABLE = (0, 503, "503: Service Unavailable")
    UNKNOWN_CHANNEL = (10003, 404, "Unknown Channel")
    UNKNOWN_GUILD = (10004, 404, "Unknown Guild")
    UNKNOWN_MESSAGE = (10008, 404, "Unknown Message")
    UNKNOWN_USER = (10013, 404, "Unknown User")
    UNKNOWN_WEBHOOK = (10015, 404, "Unknown Webhook")
    UNKNOWN_INTERACTION = (10062, 404, "Unknown interaction")
    UNKNOWN_TAG = (10087, 404, "Unknown Tag")
    WRONG_APPLICATION = (
        20012,
        403,
        "You are not authorized to perform this action on this application",
    )
    TOO_MANY_COMMANDS = (30032, 400, "Maximum number of application commands reached (100).")
    ALREADY_CROSSPOSTED = (40033, 400, "This message has already been crossposted.")
    ALREADY_ANSWERED = (40060, 400, "Interaction has already been acknowledged.")
    TAG_REQUIRED = (40067, 400, "A tag is required to create a forum post in this channel")
    MISSING_ACCESS = (50001, 403, "Missing Access")
    CLOSED_TO_MESSAGES = (50007, 403, "Cannot send messages to this user")
    EMPTY_MESSAGE = (50006, 400, "Cannot send an empty message")
    NO_TEXT_CHANNEL = (50008, 400, "Cannot send messages in a non-text channel")
    MISSING_PERMISSIONS = (50013, 403, "Missing Permissions")
    WRONG_CHANNEL_TYPE = (50024, 400, "Cannot execute action on this channel type")
    EXPIRED_WEBHOOK_TOKEN = (50027, 401, "Invalid Webhook Token")
    INVALID_RECIPIENT = (50033, 400, "Invalid Recipient(s)")
    INVALID_FORM = (50035, 400, "Invalid Form Body")
    ARCHIVED_THREAD = (50083, 400, "Thread is archived")
    INVALID_JSON = (50109, 400, "The request body contains invalid JSON.")
    THREAD_EXISTS = (160004, 400, "A thread has already been created for this message")
    BLOCKED_BY_AUTOMOD = (200000, 400, "Message was blocked by automatic moderation")
    HARMFUL_LINK = (240000, 400, "Message blocked by harmful links filter")


class ApiError(Exception):
    """A request that Discord refuses; `errors` is the nested object of a 50035, by field."""

    def __init__(self, code: Code, errors: dict[str, Any] | None = None) -> None:
        super().__init__(code.name)
        self.code = code
        self.errors = errors

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return int(self.code.value[1])

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        number, _, message = self.code.value
        body: dict[str, Any] = {"message": message, "code": number}
        return body if self.errors is None else {**body, "errors": self.errors}
