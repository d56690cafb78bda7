"""Sources that Shopkeeper knows by name, one folder each: `layout` (where and what) and `mapping` (to the commerce model)."""
