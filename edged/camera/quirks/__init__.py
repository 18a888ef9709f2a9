"""What single makes of camera do differently: one data file a vendor, read into named policies."""
