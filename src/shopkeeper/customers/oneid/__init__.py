"""One-ID: which customers of the sources are one person, how sure, and why.

`linking.link` makes persons from keys, comparisons and manual decisions; `persons` reads them; `decisions` merges and splits.
"""
