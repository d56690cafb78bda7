"""Pages, the API and the files behind them: FastAPI, Jinja2 and htmx over the view models."""
