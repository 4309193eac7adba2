"""What Klingway does: each module one thing, told in terms of ports."""
