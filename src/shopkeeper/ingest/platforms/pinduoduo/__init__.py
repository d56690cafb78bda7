"""Pinduoduo by its open platform."""
