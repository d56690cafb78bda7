"""Roll-ups: every period's parts, kept beside the lake and brought up to date by what a load changed.

`answer.fetched_from_rollup` is what the matrix asks; `store` keeps them; `facts` and `buyers` make and mend them; `changes`
says what a load touched. A roll-up holds the parts of cells, never cells: the same finisher makes both.
"""

from __future__ import annotations
