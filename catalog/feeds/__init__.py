"""Imports of product feeds: a file becomes records, checked rows, then products.

`fields` declares what a feed may say of a product.
"""
