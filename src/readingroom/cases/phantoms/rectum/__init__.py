"""Rectum: phantoms of magnetic resonance imaging of rectal cancer, several series of a patient."""
