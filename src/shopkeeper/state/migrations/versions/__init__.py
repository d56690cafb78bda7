"""One file a revision, `r0001_….py`; each id is also listed in `shopkeeper.state.revisions`."""
