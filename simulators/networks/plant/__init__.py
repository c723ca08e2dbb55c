"""Energy centres: what stands at the source node of a heat or cooling network, advanced sub-step by sub-step."""
