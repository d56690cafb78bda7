"""Unusual points and lasting changes in series, found as they come in: records, baselines with counting noise, change points."""
