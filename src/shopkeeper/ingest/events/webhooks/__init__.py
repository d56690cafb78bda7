"""What senders post by themselves: told apart by signature, kept in a journal of its own, loaded as their exports are."""
