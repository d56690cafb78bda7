"""What went wrong, when and where: indicators watched day by day, and what is found gathered into incidents."""
