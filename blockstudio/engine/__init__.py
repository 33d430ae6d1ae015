"""The process boundary: requests, replies, and what carries them between the window and the model."""
