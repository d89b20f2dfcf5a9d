"""Reading by features: a classical model on numbers and words that describe an image."""
