"""What stands around the canvas: panels, their parts, and what they ask the engine."""
