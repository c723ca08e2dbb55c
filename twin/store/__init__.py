"""Run directory: results (HDF5), snapshots, events; readable while it grows and after kill -9."""
