"""The client's side of the MTurk protocol: what is sent to an endpoint and read from its replies."""
