"""What Kling itself says and others repeat: its tasks, and its registry of elements."""
