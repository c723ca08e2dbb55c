"""How set-points act on what is limited: the linearised twin."""
