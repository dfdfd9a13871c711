"""The side effects a workflow may order, one module per concern."""
