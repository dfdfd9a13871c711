"""The gateway: authenticate, parse, hand over, answer."""
