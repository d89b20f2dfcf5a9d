"""Lung: phantoms of computed tomography of the chest with a nodule."""
