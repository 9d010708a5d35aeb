class EmbeddedError(RuntimeError):
    """The servers cannot be started or joined; the message says why and what to do."""
