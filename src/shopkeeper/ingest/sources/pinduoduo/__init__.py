"""Pinduoduo 拼多多: the order export of the merchant back end."""
