"""How everything on the canvas looks: sizes, colours, nodes, wires, notes."""
