"""Publishing to an endpoint that speaks the MTurk protocol, and bringing back what its workers did."""
