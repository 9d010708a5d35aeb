class EmbeddedError(RuntimeError):
    """The servers cannot be started or joined; the text says why and what to do."""
