//! Rows ↔ Parquet: segments, manifest, atomic commit, recovery.
