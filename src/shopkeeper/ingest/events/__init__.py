"""Events as they happen: accepted into a journal that survives a crash, flushed into the lake, and shown live before that."""
