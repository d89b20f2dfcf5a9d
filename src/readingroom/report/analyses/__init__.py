"""What the readings say beyond how well each reader did: calibration, usefulness, subgroups, agreement, modalities."""
