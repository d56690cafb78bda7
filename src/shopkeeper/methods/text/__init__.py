"""What customers write, in Chinese and English: words, polarity."""
