"""One trustworthy store of facts: the commerce model, the lake that keeps it, and the ledger of what was loaded."""
