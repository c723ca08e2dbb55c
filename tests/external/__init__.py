"""A stranger's mosaik simulator, used to test the three ways of coupling one."""
