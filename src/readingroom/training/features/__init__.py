"""Training features readers: selection and tuning by cross-validation, the model fitted on the training part."""
