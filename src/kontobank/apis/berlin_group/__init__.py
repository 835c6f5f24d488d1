"""The bank's face in NextGenPSD2 XS2A 1.3.x, and its relatives of Redsys and SIBS."""

from kontobank.apis.berlin_group.face import routes

__all__ = ["routes"]
