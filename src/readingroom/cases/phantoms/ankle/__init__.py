"""Ankle: phantoms of radiographs of an ankle from the front and from the side."""
