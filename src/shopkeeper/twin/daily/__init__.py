"""One day after another: who looks, what they choose, what they pay, what is shipped and what comes back."""
