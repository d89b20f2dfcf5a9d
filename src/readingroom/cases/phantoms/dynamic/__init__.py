"""Dynamic: phantoms of magnetic resonance imaging of a breast, before and after contrast agent."""
