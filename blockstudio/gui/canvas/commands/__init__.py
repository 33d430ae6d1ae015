"""What the actions of the canvas do: one object for each kind of change."""
