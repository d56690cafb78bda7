"""Who the people are, what they remember, need and write."""
