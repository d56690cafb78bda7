"""Sources that are no files: read in windows, kept as raw copies like files, loaded with their cursor in one transaction."""
