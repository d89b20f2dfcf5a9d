"""What every room shares: errors, the two tables, files, seeds, progress and translations."""
