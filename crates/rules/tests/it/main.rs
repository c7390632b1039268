//! The rules on whole events.

#[cfg(test)]
mod events;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod vectors;
