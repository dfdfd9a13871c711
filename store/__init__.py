"""What Sojourn remembers: SQLModel rows and the questions asked of them, one module per table."""
