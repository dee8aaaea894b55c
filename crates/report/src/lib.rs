//! Result tables → text, Markdown, LaTeX, CSV, JSON, HTML, figures.
