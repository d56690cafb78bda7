"""Shopify: orders, products, customers and inventory as its admin exports them."""
