"""Foreign formats to our words and back: pure functions, one module per format."""
