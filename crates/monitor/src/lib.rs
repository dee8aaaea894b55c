//! live or file capture → flows → dissect → rows.

