"""Kuaishou 快手: the order export of a Kuaishou shop (快手小店)."""
