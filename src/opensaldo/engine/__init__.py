"""The use cases: the only place that combines features."""
