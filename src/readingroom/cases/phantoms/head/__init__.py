"""Head: phantoms of coronal magnetic resonance imaging of the brain, with medial temporal atrophy of every grade."""
