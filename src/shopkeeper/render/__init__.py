"""Pictures and texts made from plain data: numbers and dates in both languages, small SVG drawings."""
