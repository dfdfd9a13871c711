"""Durable execution: an instance of a journey as a Temporal workflow."""
