"""The steps of the loop, one file each, in the order data flows; see the picture in the docs."""
