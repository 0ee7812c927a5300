"""The errors of Steppewatch.

    SteppewatchError                 everything we raise on purpose
    ├── ConfigError                  the configuration is wrong: exit code 2, all findings at once
    ├── StoreError                   the store cannot be used (read-only, full, newer than this program, locked)
    │   └── AlreadyRunningError      another process holds the store
    ├── FetchError                   a request brought nothing usable; carries `reason`
    │   ├── RetryableFetchError      worth another try later (5xx, 429, time-out, DNS, refused connection)
    │   └── PermanentFetchError      not worth it (404, 410, refused address, robots.txt, body over the cap)
    ├── ParseError                   outside bytes could not be read; carries `reason`
    │   └── QuarantinedError         they hung, killed or overfed the worker that read them
    └── DeliveryError                a channel did not take an alert; carries `answer`
        ├── RetryableDeliveryError   worth another try (4xx of SMTP, 5xx and 429 of HTTP, time-out); may carry `retry_after`
        └── RejectedDeliveryError    the receiver said no for good: straight to the dead letters

Whether something is worth another try is the *type*, never a flag. Messages are sentences for the user; ids are attributes,
so that a log line can carry the ids without the sentence (which may hold names and addresses).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SteppewatchError(Exception):
    """Everything Steppewatch raises on purpose."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a file a person wrote.

    `line` and `column` count from 1; 0 means that the file as a whole is meant. `excerpt` is the line of the file,
    shown with a caret under `column`.
    """

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    excerpt: str = ""
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {self.message}{hint}"


class ConfigError(SteppewatchError):
    """The configuration is wrong. Carries every finding, in the order of the files."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


class StoreError(SteppewatchError):
    """The store cannot be used; the message says what to do next."""


class AlreadyRunningError(StoreError):
    """Another process works on this store."""


class FetchReason(StrEnum):
    """Why a request brought nothing usable (stored with the source or link)."""

    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECTION = "connection"
    TLS = "tls"
    ADDRESS_REFUSED = "address_refused"
    ROBOTS = "robots"
    TOO_LARGE = "too_large"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    TOO_MANY_REQUESTS = "too_many_requests"
    REDIRECTS = "redirects"
    SCHEME = "scheme"
    EMPTY = "empty"
    INCOMPLETE = "incomplete"


class FetchError(SteppewatchError):
    """A request brought nothing usable."""

    def __init__(self, reason: FetchReason, message: str, *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status
        self.retry_after = retry_after


class RetryableFetchError(FetchError):
    """Worth another try later."""


class PermanentFetchError(FetchError):
    """Another try would bring the same."""


class ParseReason(StrEnum):
    """Why outside bytes could not be read."""

    NOT_A_FEED = "not_a_feed"
    NOT_A_PAGE = "not_a_page"
    EMPTY = "empty"
    BROKEN = "broken"
    TOO_LARGE = "too_large"
    HUNG = "hung"
    KILLED = "killed"
    MEMORY = "memory"


class ParseError(SteppewatchError):
    """Outside bytes could not be read."""

    def __init__(self, reason: ParseReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.reason, str(self))


class QuarantinedError(ParseError):
    """The bytes hung, killed or overfed the worker that read them."""


class DeliveryError(SteppewatchError):
    """A channel did not take an alert. `answer` is what the receiver said, without secrets."""

    def __init__(self, answer: str, *, retry_after: float | None = None) -> None:
        super().__init__(answer)
        self.answer = answer
        self.retry_after = retry_after


class RetryableDeliveryError(DeliveryError):
    """Worth another try."""


class RejectedDeliveryError(DeliveryError):
    """The receiver said no for good."""
