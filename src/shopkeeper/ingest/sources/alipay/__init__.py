"""Alipay: the statement of a merchant's account."""
