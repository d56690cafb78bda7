"""What every room shares: money, periods, ids, settings, clock and wording."""
