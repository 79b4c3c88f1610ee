"""The MTurk protocol on the wire: requests in, replies out, nothing decided here."""
