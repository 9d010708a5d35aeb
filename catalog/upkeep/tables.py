"""The models that no other model of the catalogue names, for Django to find."""

__all__ = [
    *("BulkChange", "FeedRun", "FeedSource", "FormerSlug", "FoundSearch"),
    *("PhotoUpload", "ProductWords", "Synonym", "TrashedProduct", "UpkeepRun", "Word"),
]
