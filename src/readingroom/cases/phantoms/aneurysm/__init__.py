"""Aneurysm: phantoms of time-of-flight magnetic resonance angiography of the arteries of the brain."""
