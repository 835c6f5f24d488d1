"""The bank's sign-in pages: password, code, consent and choice of accounts."""

from kontobank.login.pages import routes

__all__ = ["routes"]
