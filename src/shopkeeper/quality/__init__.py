"""Declared checks of data, compiled into the same query a table that indicators use."""
