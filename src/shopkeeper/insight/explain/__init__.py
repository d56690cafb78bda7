"""Why a figure changed: driver tree, contributions, root cause, what happened then, and whether it is more than usual."""
