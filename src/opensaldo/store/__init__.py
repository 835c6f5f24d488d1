"""The database and the keys; returns domain nouns."""
