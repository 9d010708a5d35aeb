"""A shop's product feed becomes products: `manage.py import_feed`.

A file is read to records (`tables`, `markup`), a record to a checked row (`rows`), its
links to photos (`photos`); `importing` has all of it stored in batches (`storing`,
`placing`), and `archiving` comes last.
"""
