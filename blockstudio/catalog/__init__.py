"""What can be placed, as data: the layers, functions, operators and initialisers of torch."""
