//! Conversations as transcripts, each run in every way a driver may run it; and the fuzz bodies on their corpus.

mod drivers;
mod facts_text;
mod fuzz;
mod hostile;
mod play;
mod script;
mod transcripts;
