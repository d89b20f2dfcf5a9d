"""A case table and a recipe in, a reader bundle and its history out."""
