"""What is measured of the cells themselves: their speed, and what the literature claims."""
