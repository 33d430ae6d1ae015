"""The canvas: a scene that shows one graph of the document, and the gestures that change it."""
