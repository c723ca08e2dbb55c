"""Energy centres: what stands at the source node of a heat or cooling network, advanced sub-step by sub-step.

The decisions are compiled and kept in ``__pycache__``. The compiler notices a change of a kernel's own file only: after
a change of something a kernel calls in another file (a conversion equation, the tank), remove the ``__pycache__`` here.
"""
