"""Stacks: what the phantoms of volumes, clips, phases, views and series share."""
