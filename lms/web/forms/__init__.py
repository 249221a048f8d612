"""Forms, one file a feature."""
