"""DICOM: single-frame files into pixels, and folders of series into a case table."""
