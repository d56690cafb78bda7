"""Jushuitan 聚水潭, an ERP: orders with their costs, and after-sale cases."""
