"""The room of customers: who they are, what is known of them, segments, consents, and their right to be told and forgotten."""
