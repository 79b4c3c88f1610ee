"""Pages and endpoints beside the API: `/`, `/api/docs`, `/healthz`, `/metrics`."""
