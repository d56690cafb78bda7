"""Indicators: declared once, compiled to one query a fact table, finished by exact arithmetic, scored against anchors."""
