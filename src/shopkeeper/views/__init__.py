"""View models: what a page and the API both show, made from the warehouse and the KPI engine. No HTML, no HTTP."""
