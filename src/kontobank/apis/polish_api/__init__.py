"""The bank's face in PolishAPI 2.1.1 and 2.1.2, and in 3.0 as far as one bank tells of it."""

from kontobank.apis.polish_api.face import Face

__all__ = ["Face"]
