"""How good a bundle is, on rows it was not made from."""
