"""Arrays in, numbers with intervals and tests out."""
