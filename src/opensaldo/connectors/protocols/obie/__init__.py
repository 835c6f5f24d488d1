"""OBIE's account information (Open Banking UK), versions 3.1 and 4.0, read only.

Source: account-info-openapi.yaml (4.0.0), read 2026-11-21; 3.1's words from banks' documentation.
"""
