"""JD by JOS, its gateway routerjson."""
