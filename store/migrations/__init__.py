"""Migrations: how a database came to be as the rows of `store` have it, one step after another."""
