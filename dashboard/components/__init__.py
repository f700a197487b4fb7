"""The parts of a page. Each module owns its ids, its layout and the callbacks it answers."""
