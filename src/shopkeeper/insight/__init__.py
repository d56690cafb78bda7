"""Why the figures moved and where they go: explain, forecast, anomalies, diagnosis, and the analysis models."""
