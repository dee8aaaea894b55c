//! Dev only: transcripts, scripted servers, test PKI, captures, namespaces, fake time.
