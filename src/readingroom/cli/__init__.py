"""Words in, calls out: one file a command."""
