"""How a client wants its sign-in pages to look (wire contract, section 14.2 and 14.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the client chose about the pages; the defaults are the contract's.

    `show_beta_labels` None: on TEST only. `styles` holds the client's words by the contract's
    names, unchecked: whoever shows them drops what is no plain colour.
    """

    show_favicons: bool = False
    show_default_target: bool = True
    show_beta_labels: bool | None = None
    show_target_missing: bool = True
    show_target_missing_form: bool = True
    dynamic_height: bool = False
    styles: Mapping[str, str] = field(default_factory=dict)


PLAIN_LOOK = Look()
