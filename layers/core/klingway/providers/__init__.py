"""The hosts that run Kling models: one folder each, and a registry."""
