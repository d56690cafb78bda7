"""Who may come in, what they may do in which shop, and what was done: one file a noun.

Every function takes the open `State` first and is told the time. A change and its entry in the audit trail commit in
one transaction. `roles`, `csrf` and `names` need no database driver; the others import SQLAlchemy.
"""
