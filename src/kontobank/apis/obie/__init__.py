"""The bank's face in OBIE (Open Banking UK) 3.1 and 4.0, account information only."""

from kontobank.apis.obie.face import Face

__all__ = ["Face"]
