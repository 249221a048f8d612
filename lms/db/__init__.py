"""Tables, one file a feature, and the one place that commits."""
