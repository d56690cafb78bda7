"""Articles, stock, purchasing, shipping and what comes back."""
