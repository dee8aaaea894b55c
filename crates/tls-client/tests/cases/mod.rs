//! What the client must do, by the server it meets.

mod compressed;
mod corpora;
mod enumerate;
mod groups;
mod hostile;
mod jsse;
mod legacy;
mod openssl;
mod patience;
mod profiles;
mod renegotiation;
mod resumption;
mod rustls;
mod settings;
mod splits;
mod ssl2;
mod stop;
