"""Verification: the library's gradients compared with independent references.

`gradients`
    Finite differences, and a gradient check that explains its failures.
`references`
    Four ways to the same gradients: by hand, finite differences, autograd, torch.nn. Needs torch.
`cases`
    Random networks, each with a loss of all its results.
`jacobians`
    The effect of steps on the state: Jacobians, their products, spectra, norms by lag.
`paths`
    How much of a gradient arrives at each lag, and along which paths.
`diagnosis`
    The likely mistake behind the numbers of a wrong gradient.
`difference`
    The relative difference of two arrays.
"""
