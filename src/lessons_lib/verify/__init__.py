"""Verification: the library's gradients compared with independent references.

gradients
    Finite differences, and a gradient check whose failure can be read.

References
----------
    Four ways to the same gradients: by hand, finite differences, autograd, torch.nn. Needs torch.
cases
    Random networks, each with a loss of everything that it returns.
jacobians
    What a step does to the state, over many steps: products, spectra, norms by lag.
paths
    How much of a gradient arrives, by lag, and along which paths.
diagnosis
    Which known mistake explains the numbers of a wrong gradient.
"""
