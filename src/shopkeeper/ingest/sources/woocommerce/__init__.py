"""WooCommerce: the products that its core exports (it has no order export of its own)."""
