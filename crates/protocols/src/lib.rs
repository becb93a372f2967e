//! Turns the two byte streams of a connection into request/response records; pure.
