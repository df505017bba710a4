//! Factors between units: a fraction times a power of ten, exact as long as it fits, and always a float beside it.

use crate::fhir::Decimal;

/// A positive factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Factor {
    exact: Option<Ratio>,
    approximate: f64,
}

/// `numerator / denominator * 10^exponent`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ratio {
    numerator: i128,
    denominator: i128,
    exponent: i32,
}

/// Exponents beyond this are no unit that anyone measures in; floats end there, too.
const MAX_EXPONENT: i32 = 300;

impl Factor {
    pub(super) const ONE: Self = Self {
        exact: Some(Ratio {
            numerator: 1,
            denominator: 1,
            exponent: 0,
        }),
        approximate: 1.0,
    };

    /// Reads `3`, `1.05`, `1e-9`; more digits than fit leave the float alone.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let approximate: f64 = text.parse().ok()?;
        let (mantissa, exponent) = match text.split_once('e') {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
            None => (text, 0),
        };
        let places = mantissa
            .split_once('.')
            .map_or(0, |(_, places)| places.len());
        let digits: String = mantissa.chars().filter(|sign| *sign != '.').collect();
        let exact = digits.parse().ok().and_then(|numerator: i128| {
            Ratio::new(numerator, 1, exponent - i32::try_from(places).ok()?)
        });
        Some(Self { exact, approximate })
    }

    /// A power of ten.
    pub(super) fn ten_to(exponent: i32) -> Self {
        Self {
            exact: Ratio::new(1, 1, exponent),
            approximate: 10_f64.powi(exponent),
        }
    }

    pub(super) fn times(self, other: Self) -> Self {
        let exact = self.exact.zip(other.exact);
        Self {
            exact: exact.and_then(|(left, right)| left.times(right)),
            approximate: self.approximate * other.approximate,
        }
    }

    pub(super) fn inverse(self) -> Self {
        Self {
            exact: self
                .exact
                .and_then(|exact| Ratio::new(exact.denominator, exact.numerator, -exact.exponent)),
            approximate: 1.0 / self.approximate,
        }
    }

    /// By squaring, so that a huge exponent costs nothing.
    pub(super) fn raised(self, exponent: i32) -> Self {
        let mut base = if exponent < 0 { self.inverse() } else { self };
        let mut rest = exponent.unsigned_abs();
        let mut product = Self::ONE;
        while rest > 0 {
            if rest % 2 == 1 {
                product = product.times(base);
            }
            base = base.times(base);
            rest /= 2;
        }
        product
    }

    pub(super) fn as_float(self) -> f64 {
        self.approximate
    }

    /// The amount times this factor, exactly if that can be written down.
    pub(super) fn applied_to(self, amount: Decimal) -> Option<Decimal> {
        let exactly = || {
            let ratio = self.exact?;
            let numerator = ratio.numerator_as_decimal()?;
            amount
                .checked_mul(numerator)?
                .checked_div(Decimal::new(ratio.denominator, 0))
        };
        exactly().or_else(|| Decimal::from_f64(amount.to_f64() * self.approximate))
    }
}

impl Ratio {
    /// In lowest terms, zeros moved into the exponent; `None` where it does not fit.
    fn new(numerator: i128, denominator: i128, exponent: i32) -> Option<Self> {
        if numerator <= 0 || denominator <= 0 || exponent.abs() > MAX_EXPONENT {
            return None;
        }
        if numerator == 1 && denominator == 1 {
            return Some(Self {
                numerator,
                denominator,
                exponent,
            });
        }
        let common = greatest_common_divisor(numerator, denominator);
        let mut ratio = Self {
            numerator: numerator / common,
            denominator: denominator / common,
            exponent,
        };
        while ratio.numerator % 10 == 0 {
            ratio.numerator /= 10;
            ratio.exponent += 1;
        }
        while ratio.denominator % 10 == 0 {
            ratio.denominator /= 10;
            ratio.exponent -= 1;
        }
        Some(ratio)
    }

    /// Reduced crosswise first, so that less overflows.
    fn times(self, other: Self) -> Option<Self> {
        let left = greatest_common_divisor(self.numerator, other.denominator);
        let right = greatest_common_divisor(other.numerator, self.denominator);
        Self::new(
            (self.numerator / left).checked_mul(other.numerator / right)?,
            (self.denominator / right).checked_mul(other.denominator / left)?,
            self.exponent + other.exponent,
        )
    }

    fn numerator_as_decimal(self) -> Option<Decimal> {
        Decimal::parse(&format!("{}e{}", self.numerator, self.exponent))
    }
}

/// Of positive numbers; most of them are small, and 64 bits divide much faster.
fn greatest_common_divisor(left: i128, right: i128) -> i128 {
    if let (Ok(mut left), Ok(mut right)) = (u64::try_from(left), u64::try_from(right)) {
        while right != 0 {
            (left, right) = (right, left % right);
        }
        return i128::from(left);
    }
    let (mut left, mut right) = (left, right);
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}
