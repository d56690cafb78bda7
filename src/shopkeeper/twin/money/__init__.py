"""Settlements, the bank account and the books."""
