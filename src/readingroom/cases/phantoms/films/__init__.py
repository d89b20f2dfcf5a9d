"""Films: phantoms of projection radiography, mammograms and chest films."""
