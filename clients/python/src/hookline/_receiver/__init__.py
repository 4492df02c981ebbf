"""The kit for receivers."""
