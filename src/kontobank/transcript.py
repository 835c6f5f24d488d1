"""The transcript: what was asked and what was answered, the same bytes for the same seed.

Two runs of one seed differ only in names that come from keys or live as long as one sign-in or
consent. They are known by their form: a UUID, a JSON Web Token, 16, 32 or 40 hexadecimal digits,
40 or more signs of base64url and the number of a test certificate (`PSDPL-TEST-…`) are `<opaque>`;
the port of a loopback address is `PORT`, and the last word of a body that was cut, which may be
half of such a name, is `<cut>`. Everything else stands as it was sent: accounts, ids of rows,
texts, amounts, dates, page breaks, errors. Not among the headers that count are signatures and what
the server itself adds (`Date`, lengths, packing); the bank's public keys are not recorded.
Lines are sorted, so calls under way together cannot change places.
"""

import json
import re
from pathlib import Path
from typing import Any

from kontobank.clock import Clock

LINES_MAX = 500_000
OPAQUE = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"
    r"|[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{10,}"
    r"|[0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[A-Za-z0-9_-]{40,}"
    r"|PSD[A-Z]{2}-[A-Z]+-[0-9]+"
    r")(?![A-Za-z0-9_-])"
)
LAST_WORD = re.compile(r"[A-Za-z0-9_-]+\Z")
LOOPBACK = re.compile(r"((?:127\.0\.0\.1|localhost)(?::|%3A))\d+")
REQUEST_HEADERS = (
    "accept",
    "accept-language",
    "authorization",
    "consent-id",
    "content-type",
    "psu-ip-address",
    "tpp-redirect-uri",
)
REPLY_HEADERS = ("aspsp-sca-approach", "content-type", "location", "retry-after")


class Transcript:
    """The exchanges since it was started; it starts when told to, or at once with a file."""

    def __init__(self, clock: Clock, file: Path | None = None) -> None:
        self._clock, self._file = clock, file
        self._lines: list[str] = []
        self.is_on = file is not None

    def start(self) -> None:
        """From now on every exchange is kept; those before are forgotten."""
        self._lines.clear()
        self.is_on = True

    def reset(self) -> None:
        """Nothing was ever asked."""
        self._lines.clear()
        self.is_on = self._file is not None

    def now(self) -> str:
        """The bank's instant as a line has it."""
        return self._clock.now().isoformat().replace("+00:00", "Z")

    def add(self, at: str, request: dict[str, Any], reply: dict[str, Any] | None) -> None:
        """One more line; `reply` is None when the line was cut before a byte of it.

        Raises:
            OverflowError: there are too many; a transcript is whole or it is none.
        """
        if len(self._lines) >= LINES_MAX:
            raise OverflowError(f"a transcript has at most {LINES_MAX} lines")
        line = json.dumps({"at": at, "request": request, "reply": reply}, ensure_ascii=False)
        self._lines.append(LOOPBACK.sub(r"\1PORT", OPAQUE.sub("<opaque>", line)))

    def text(self) -> str:
        """The lines in their order, oldest first."""
        return "".join(f"{line}\n" for line in sorted(self._lines))

    def close(self) -> None:
        """The file holds the transcript, if there is one."""
        if self._file is not None:
            self._file.write_text(self.text(), "utf-8")
