"""Names in, modules out."""
