"""Figures: what was measured, against a floor measured in the same run."""
