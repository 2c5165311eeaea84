"""Cross-validation over sources: each in turn is left out of training and measured on."""
