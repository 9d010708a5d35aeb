"""The garments, by kind."""
