"""Whole runs on real data: the demo, and recorded answers through the pipeline."""
