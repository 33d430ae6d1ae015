"""What stands on the canvas: the scene that follows the document, what is where, and looking at it."""
