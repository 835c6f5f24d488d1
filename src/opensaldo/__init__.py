"""OpenSaldo: a self-hosted account information platform."""

__version__ = "0.1.0"
