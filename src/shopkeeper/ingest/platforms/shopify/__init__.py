"""Shopify by the GraphQL Admin API."""
