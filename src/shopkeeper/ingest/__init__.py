"""From a dropped file to whole, keyed, explained rows: recognise → map → clean → load, or set aside with a reason."""
