"""The mathematics, on NumPy or torch arrays. Read ``rbm`` → ``units`` → ``gradients`` → ``training``."""
