"""The bank's face in the Czech Open Banking Standard 8.0."""

from kontobank.apis.czech_standard.site import Site

__all__ = ["Site"]
