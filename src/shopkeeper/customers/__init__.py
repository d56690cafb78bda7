"""Buyers as people: who is one person across channels, what is known of them, and what they allowed."""
