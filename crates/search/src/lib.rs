//! Search in what people wrote for everybody to read: rooms that are not encrypted.
