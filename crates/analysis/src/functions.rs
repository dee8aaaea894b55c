//! Functions that queries may call beside those of the engine.

use std::net::IpAddr;
use std::sync::Arc;

use datafusion::arrow::array::Array;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::array::BooleanArray;
use datafusion::arrow::array::Float64Array;
use datafusion::arrow::array::StringArray;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::Float64Type;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::ColumnarValue;
use datafusion::logical_expr::ScalarUDF;
use datafusion::logical_expr::Volatility;
use datafusion::logical_expr::create_udf;
use datafusion::prelude::SessionContext;

/// Says of an address in text whether it is blocked.
pub type Blocked = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Registers the functions.
pub(crate) fn register(context: &SessionContext) {
    context.register_udf(network_of());
    context.register_udf(square_root());
}

/// `network_of(addr)`: the /24 of an address, the /48 of one of IPv6; NULL for what is no address.
fn network_of() -> ScalarUDF {
    create_udf(
        "network_of",
        vec![DataType::Utf8],
        DataType::Utf8,
        Volatility::Immutable,
        Arc::new(|values| {
            let texts = one_array(values)?;
            let networks = texts.as_string::<i32>().iter().map(|text| network(text?));
            Ok(ColumnarValue::Array(Arc::new(networks.collect::<StringArray>())))
        }),
    )
}

fn network(addr: &str) -> Option<String> {
    match addr.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(addr) => {
            let [a, b, c, _] = addr.octets();
            Some(format!("{a}.{b}.{c}.0/24"))
        }
        IpAddr::V6(addr) => {
            let [a, b, c, ..] = addr.segments();
            let first = std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0);
            Some(format!("{first}/48"))
        }
    }
}

/// `sqrt(x)`, which this build of the engine does not have; NULL for a negative number.
fn square_root() -> ScalarUDF {
    create_udf(
        "sqrt",
        vec![DataType::Float64],
        DataType::Float64,
        Volatility::Immutable,
        Arc::new(|values| {
            let numbers = one_array(values)?;
            let numbers = numbers.as_primitive::<Float64Type>().iter();
            let roots = numbers.map(|number| number.filter(|number| *number >= 0.0).map(f64::sqrt));
            Ok(ColumnarValue::Array(Arc::new(roots.collect::<Float64Array>())))
        }),
    )
}

/// `blocked(addr)`: whether a blocklist has the address; what is no address is not blocked.
pub(crate) fn blocked(by: &Blocked) -> ScalarUDF {
    let by = Arc::clone(by);
    create_udf(
        "blocked",
        vec![DataType::Utf8],
        DataType::Boolean,
        Volatility::Immutable,
        Arc::new(move |values| {
            let texts = one_array(values)?;
            let texts = texts.as_string::<i32>().iter();
            let blocked = texts.map(|text| Some(text.is_some_and(|text| by(text))));
            Ok(ColumnarValue::Array(Arc::new(blocked.collect::<BooleanArray>())))
        }),
    )
}

/// The only argument, a constant too as an array.
fn one_array(values: &[ColumnarValue]) -> Result<Arc<dyn Array>, DataFusionError> {
    let arrays = ColumnarValue::values_to_arrays(values)?;
    arrays
        .into_iter()
        .next()
        .ok_or_else(|| DataFusionError::Internal("a function without its argument".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_in_their_networks() {
        for (addr, expected) in [
            ("192.0.2.200", Some("192.0.2.0/24")),
            ("::ffff:192.0.2.200", Some("192.0.2.0/24")),
            ("2001:db8:1:2::3", Some("2001:db8:1::/48")),
            ("mx.example", None),
        ] {
            assert_eq!(network(addr).as_deref(), expected, "{addr}");
        }
    }
}
