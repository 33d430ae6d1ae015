"""Automatic layout of boxes and wires, as plain data; no Qt."""
