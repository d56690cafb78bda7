"""Amazon: the flat file of all orders from Seller Central."""
