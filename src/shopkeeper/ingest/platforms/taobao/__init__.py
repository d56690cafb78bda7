"""Taobao and Tmall by TOP, the Taobao Open Platform."""
