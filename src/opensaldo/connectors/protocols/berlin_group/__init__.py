"""Berlin Group NextGenPSD2 XS2A 1.3.x; the Redsys and SIBS hubs are profiles of it.

Source: psd2-api_v1.3.11 and ngpsd2-1.3.12 (CC BY-ND 4.0), read 2026-11-21.
"""
