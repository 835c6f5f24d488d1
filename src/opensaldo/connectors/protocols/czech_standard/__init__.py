"""Czech Open Banking Standard 8.0 and 2.x: OAuth 2 and plain GETs, the consent is the token.

Source: COBS_RuleBook_AISP_PISP V08.0.0.0 and V02.0.1.0 (OpenAPI), read 2026-11-21.
"""
