"""What other programs may want to know; each signal is sent in the transaction."""

from django.dispatch import Signal

products_changed = Signal()  # products: ids
photos_indexed = Signal()  # photos: ids, encoder: its version
photos_failed = Signal()  # photos: ids, reason
import_finished = Signal()  # run: FeedRun
encoder_activated = Signal()  # version
