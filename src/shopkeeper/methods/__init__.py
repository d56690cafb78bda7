"""Pure numerics: arrays in, frozen results out. No files, no SQL, no clock."""
