"""What a person would find of the world: exports of platforms, statements, an ERP, a bank, an event log."""
