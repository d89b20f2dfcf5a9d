"""Ultrasound: phantoms with speckle, shadows and the scanner's panel, of the thyroid and of the liver."""
