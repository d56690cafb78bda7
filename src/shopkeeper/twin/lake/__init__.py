"""A world written straight to Parquet in the columns of the commerce model, for worlds too large for files of platforms."""
