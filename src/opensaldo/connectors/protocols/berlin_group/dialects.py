"""How the relatives of the standard spell it: names of headers, places of values.

Source: NextGenPSD2 1.3.12; Redsys PSD2 guide and its OpenAPI; SIBS API Market pages (unproven: no
specification of SIBS is public, its names are those seen in use).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One relative.

    `request_ids` all carry the request's id, the first one is echoed. `has_token_in_query`: the
    parameters of the token call stand in its address. `has_preference_in_query`: the wish for a
    redirect stands in the address of the consent, and whether the person is there in that of every
    data call. `has_date`: every request says when it was sent.
    """

    request_ids: tuple[str, ...] = ("X-Request-ID",)
    certificate: str = "TPP-Signature-Certificate"
    client_id_header: str = ""
    has_token_in_query: bool = False
    has_preference_in_query: bool = False
    has_date: bool = False

    def signed(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The names of the headers to sign in this dialect."""
        ours = self.request_ids[0].lower()
        return tuple(ours if name == "x-request-id" else name for name in names)


BERLIN_GROUP = Dialect()
REDSYS = Dialect(client_id_header="X-IBM-Client-ID", has_token_in_query=True)
SIBS = Dialect(
    request_ids=("TPP-Request-ID", "TPP-Transaction-ID"),
    certificate="TPP-Certificate",
    client_id_header="X-IBM-Client-Id",
    has_preference_in_query=True,
    has_date=True,
)
