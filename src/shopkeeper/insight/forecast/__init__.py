"""What indicators and articles will be: read from the warehouse, forecast, tried on the past, held against targets."""
