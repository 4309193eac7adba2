"""Fakes of the ports. tests/contract runs one suite against each fake and its real adapter, so that neither rots."""
