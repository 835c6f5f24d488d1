"""The v1 API; one module a chapter of the wire contract."""
