"""What labels claim, held against what is true; and whether a project has bought enough."""
