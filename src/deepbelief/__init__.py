"""Restricted Boltzmann machines, deep belief nets and the deep networks grown from them."""
