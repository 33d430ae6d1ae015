"""What the canvas shows and offers, worked out from the document; no Qt."""
