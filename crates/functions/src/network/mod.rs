//! Addresses and names.

mod cidrs_contain_ip;
mod names;
mod nslookup;

use crate::function::Function;

pub(crate) use names::Names;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] =
    &[&cidrs_contain_ip::CIDRS_CONTAIN_IP, &nslookup::NSLOOKUP];
