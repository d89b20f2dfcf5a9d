"""Pelvis: phantoms of magnetic resonance imaging of anal fistula, T1 after contrast agent, fat suppressed."""
