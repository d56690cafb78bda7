"""Kuaishou shops by their open platform."""
