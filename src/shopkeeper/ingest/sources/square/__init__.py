"""Square: the item sales of its points of sale."""
