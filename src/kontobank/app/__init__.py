"""The whole bank as one ASGI application, and the server that runs it."""

from kontobank.app.compose import create_app

__all__ = ["create_app"]
