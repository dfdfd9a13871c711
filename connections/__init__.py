"""How we ask a system that posts to us: one module per system, over what it speaks."""
