"""Cloth, curves and relief: what every garment is drawn with."""
