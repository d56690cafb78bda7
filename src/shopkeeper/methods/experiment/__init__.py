"""Experiments from sufficient statistics: differences, variance reduction, looking at any time, many arms."""
