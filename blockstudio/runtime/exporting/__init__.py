"""From a live model to files that run elsewhere, by torch.export; `export.py` is the way in."""
