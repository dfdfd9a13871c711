"""The whole system on one machine, for `make run` and the tests."""
