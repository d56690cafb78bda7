"""Measures, indicators and targets that a shop declares itself, checked before they count."""
