"""How much to keep and when to order more: classical inventory models with their textbook answers."""
