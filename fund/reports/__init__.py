"""What readers receive: statements, and the figures in them."""
