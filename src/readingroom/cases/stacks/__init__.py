"""Stacks: images of several planes that are read as one: volumes, clips and dynamic series, views of one patient."""
