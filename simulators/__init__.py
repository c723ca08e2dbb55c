"""What exists physically: environment, demand, generation, storage, conversion, networks."""
