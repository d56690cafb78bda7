"""Taobao and Tmall: the order and item reports of the seller's back end, and daily article figures of 生意参谋."""
