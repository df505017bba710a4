//! Decimal numbers with an exact value and the precision that was written (`1.10` keeps two places).

use std::cmp::Ordering;
use std::fmt;

/// A number `digits / 10^scale`.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    /// The upper and the lower half of the digits: a whole `i128` would ask for wider places in every value.
    upper: i64,
    lower: u64,
    scale: u32,
}

/// Most decimal places that are kept; FHIRPath asks for 8 at least.
const MAX_SCALE: u32 = 28;

/// Places that a division computes beyond those of its operands.
const DIVISION_SCALE: u32 = 18;

impl Decimal {
    /// Zero, without decimal places.
    pub const ZERO: Self = Self::new(0, 0);

    /// One, without decimal places.
    pub const ONE: Self = Self::new(1, 0);

    pub(crate) const fn new(digits: i128, scale: u32) -> Self {
        Self {
            upper: (digits >> 64) as i64,
            lower: digits as u64,
            scale,
        }
    }

    fn digits(self) -> i128 {
        i128::from(self.upper) << 64 | i128::from(self.lower)
    }

    /// Reads `-12.50` or `1.5e3`; `None` for any other text, and for numbers beyond 36 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, unsigned) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let mut digits = digits_of(whole, fraction)?;
        if negative {
            digits = -digits;
        }
        Self::new(digits, fraction.len() as u32).shifted(exponent)
    }

    /// Moves the point, as an exponent asks; `1e400` is out of range rather than a wall of zeros.
    fn shifted(self, exponent: i32) -> Option<Self> {
        let scale = i32::try_from(self.scale).ok()?.checked_sub(exponent)?;
        if scale >= 0 {
            let whole = Self {
                scale: scale as u32,
                ..self
            };
            return (scale <= 36).then(|| whole.limited());
        }
        let factor = 10_i128.checked_pow(scale.unsigned_abs())?;
        Some(Self::new(self.digits().checked_mul(factor)?, 0))
    }

    /// Decimal places, as written or computed.
    pub fn scale(self) -> u32 {
        self.scale
    }

    /// Decimal places without zeros at the end.
    pub(crate) fn significant_scale(self) -> u32 {
        self.trimmed().scale
    }

    /// The number as an integer, where it has no fraction other than zeros.
    pub fn to_integer(self) -> Option<i64> {
        let trimmed = self.trimmed();
        (trimmed.scale == 0).then(|| i64::try_from(trimmed.digits()).ok())?
    }

    pub(crate) fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    pub(crate) fn from_f64(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        Self::parse(&format!("{number}")).or_else(|| Self::parse(&format!("{number:e}")))
    }

    pub(crate) fn is_zero(self) -> bool {
        self.digits() == 0
    }

    pub(crate) fn is_negative(self) -> bool {
        self.digits() < 0
    }

    pub(crate) fn checked_add(self, other: Self) -> Option<Self> {
        let (left, right, scale) = aligned(self, other)?;
        Some(Self::new(left.checked_add(right)?, scale))
    }

    pub(crate) fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(other.negated())
    }

    /// The product; when it overflows, zeros at the end are dropped before giving up.
    pub(crate) fn checked_mul(self, other: Self) -> Option<Self> {
        let exact = self.digits().checked_mul(other.digits());
        if let Some(digits) = exact {
            return Some(Self::new(digits, self.scale + other.scale).limited());
        }
        let (left, right) = (self.trimmed(), other.trimmed());
        let digits = left.digits().checked_mul(right.digits())?;
        Some(Self::new(digits, left.scale + right.scale).limited())
    }

    /// The quotient; `None` for a division by zero or a result out of range.
    pub(crate) fn checked_div(self, other: Self) -> Option<Self> {
        let (left, right, _) = aligned(self.trimmed(), other.trimmed())?;
        if right == 0 {
            return None;
        }
        for scale in [DIVISION_SCALE, 12, 8, 4, 0] {
            let Some(scaled) = left.checked_mul(10_i128.pow(scale)) else {
                continue;
            };
            return Some(Self::new(divide_rounded(scaled, right)?, scale).trimmed());
        }
        None
    }

    /// The whole part of the quotient, towards zero.
    pub(crate) fn checked_whole_div(self, other: Self) -> Option<Self> {
        let (left, right, _) = aligned(self, other)?;
        left.checked_div(right).map(|digits| Self::new(digits, 0))
    }

    pub(crate) fn checked_remainder(self, other: Self) -> Option<Self> {
        let (left, right, scale) = aligned(self, other)?;
        left.checked_rem(right)
            .map(|digits| Self::new(digits, scale))
    }

    pub(crate) fn negated(self) -> Self {
        Self::new(self.digits().saturating_neg(), self.scale)
    }

    /// Rounds half away from zero to `scale` places; never adds places.
    pub(crate) fn rounded(self, scale: u32) -> Self {
        if scale >= self.scale {
            return self;
        }
        let divisor = 10_i128.pow((self.scale - scale).min(38));
        Self::new(
            divide_rounded(self.digits(), divisor).unwrap_or_default(),
            scale,
        )
    }

    /// Cuts to `scale` places, downwards.
    pub(crate) fn floor_at(self, scale: u32) -> Self {
        if scale >= self.scale {
            return self;
        }
        let divisor = 10_i128.pow((self.scale - scale).min(38));
        Self::new(self.digits().div_euclid(divisor), scale)
    }

    /// Cuts to `scale` places, upwards.
    pub(crate) fn ceiling_at(self, scale: u32) -> Self {
        self.negated().floor_at(scale).negated()
    }

    /// Cuts to `scale` places, towards zero.
    pub(crate) fn truncated(self, scale: u32) -> Self {
        match self.is_negative() {
            true => self.ceiling_at(scale),
            false => self.floor_at(scale),
        }
    }

    /// The same number written with exactly `scale` places; `None` when that needs too many digits.
    pub(crate) fn with_scale(self, scale: u32) -> Option<Self> {
        if scale < self.scale {
            return Some(self.rounded(scale));
        }
        let factor = 10_i128.checked_pow(scale - self.scale)?;
        Some(Self::new(self.digits().checked_mul(factor)?, scale))
    }

    /// Without zeros at the end of the fraction.
    pub(crate) fn trimmed(self) -> Self {
        let mut trimmed = self;
        while trimmed.scale > 0 && trimmed.digits() % 10 == 0 {
            trimmed = Self::new(trimmed.digits() / 10, trimmed.scale - 1);
        }
        trimmed
    }

    fn limited(self) -> Self {
        self.rounded(MAX_SCALE)
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self::new(i128::from(number), 0)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if let Some((left, right, _)) = aligned(*self, *other) {
            return left.cmp(&right);
        }
        // Too far apart to share a scale: the whole parts decide.
        let whole = |number: &Self| number.digits() / 10_i128.pow(number.scale.min(38));
        whole(self).cmp(&whole(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits() < 0 { "-" } else { "" };
        let digits = self.digits().unsigned_abs().to_string();
        if self.scale == 0 {
            return write!(formatter, "{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = self.scale as usize + 1);
        let (whole, fraction) = padded.split_at(padded.len() - self.scale as usize);
        write!(formatter, "{sign}{whole}.{fraction}")
    }
}

/// All digits as one number; an empty whole part (`.5`) is no number in FHIR.
fn digits_of(whole: &str, fraction: &str) -> Option<i128> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || whole.len() + fraction.len() > 36 {
        return None;
    }
    let digits = whole.bytes().chain(fraction.bytes());
    Some(digits.fold(0, |number, digit| number * 10 + i128::from(digit - b'0')))
}

/// Both numbers at the finer scale of the two, which makes them whole numbers to compare or add.
fn aligned(left: Decimal, right: Decimal) -> Option<(i128, i128, u32)> {
    let scale = left.scale.max(right.scale);
    let scaled = |number: Decimal| {
        let factor = 10_i128.checked_pow(scale - number.scale)?;
        number.digits().checked_mul(factor)
    };
    Some((scaled(left)?, scaled(right)?, scale))
}

/// Division of whole numbers, rounded half away from zero.
fn divide_rounded(left: i128, right: i128) -> Option<i128> {
    let quotient = left.checked_div(right)?;
    let twice = (left % right).unsigned_abs().checked_mul(2)?;
    if twice < right.unsigned_abs() {
        return Some(quotient);
    }
    let away = if (left < 0) == (right < 0) { 1 } else { -1 };
    quotient.checked_add(away)
}
