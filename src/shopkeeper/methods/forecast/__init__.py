"""Forecasts of many series at once: families, their blend, intermittent demand, hierarchies, backtests."""
