"""Lanting (兰亭): a simulated brand with known truth. It knows errors and core alone; only cli and tests know it."""
