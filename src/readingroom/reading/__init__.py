"""Images and a reader bundle in, readings out."""
