"""Invented people and the countries they live in."""
