"""Measurements against the budgets of docs/architecture.md: ratios and counts, taken in one run."""
