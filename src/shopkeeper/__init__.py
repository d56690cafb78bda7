"""Shopkeeper (掌柜): e-commerce operations as one closed loop."""

__version__ = "0.1.0"
__all__ = ["__version__"]
