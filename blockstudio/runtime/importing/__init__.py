"""From PyTorch modules to documents: traced module by module, so that their hierarchy is kept."""
