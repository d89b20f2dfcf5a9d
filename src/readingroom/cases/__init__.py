"""Images and tables in, an audited and partitioned case table out."""
