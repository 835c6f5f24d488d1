"""The documentation page of the API; served by the platform itself, offline and without scripts."""
