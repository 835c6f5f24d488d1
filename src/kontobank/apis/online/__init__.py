"""The bank's online service for people: pages, a cookie and forms; what a fallback client reads."""

from kontobank.apis.online.site import Site

__all__ = ["Site"]
