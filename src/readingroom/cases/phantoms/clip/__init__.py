"""Clip: phantoms of colonoscopy as video files, in which a polyp passes by."""
