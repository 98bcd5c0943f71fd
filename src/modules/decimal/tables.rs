//! The method tables of `Decimal` and `Context`.

use objects::core::type_spec::MethodDef;
use objects::methods;

use super::{context, object, operations};

methods! { DECIMAL:
    /// Return the value of the (natural) exponential function e**x at the given
    /// number.  The function always uses the ROUND_HALF_EVEN mode and the result
    /// is correctly rounded.
    ///
    ["exp"] "($self, /, context=None)" Bound(operations::d_exp);
    /// Return the natural (base e) logarithm of the operand. The function always
    /// uses the ROUND_HALF_EVEN mode and the result is correctly rounded.
    ///
    ["ln"] "($self, /, context=None)" Bound(operations::d_ln);
    /// Return the base ten logarithm of the operand. The function always uses the
    /// ROUND_HALF_EVEN mode and the result is correctly rounded.
    ///
    ["log10"] "($self, /, context=None)" Bound(operations::d_log10);
    /// Return the largest number representable in the given context (or in the
    /// current default context if no context is given) that is smaller than the
    /// given operand.
    ///
    ["next_minus"] "($self, /, context=None)" Bound(operations::d_next_minus);
    /// Return the smallest number representable in the given context (or in the
    /// current default context if no context is given) that is larger than the
    /// given operand.
    ///
    ["next_plus"] "($self, /, context=None)" Bound(operations::d_next_plus);
    /// Normalize the number by stripping the rightmost trailing zeros and
    /// converting any result equal to Decimal('0') to Decimal('0e0').  Used
    /// for producing canonical values for members of an equivalence class.
    /// For example, Decimal('32.100') and Decimal('0.321000e+2') both normalize
    /// to the equivalent value Decimal('32.1').
    ///
    ["normalize"] "($self, /, context=None)" Bound(operations::d_normalize);
    /// Identical to the to_integral_value() method.  The to_integral() name has been
    /// kept for compatibility with older versions.
    ///
    ["to_integral"] "($self, /, rounding=None, context=None)" Bound(operations::d_to_integral_value);
    /// Round to the nearest integer, signaling Inexact or Rounded as appropriate if
    /// rounding occurs.  The rounding mode is determined by the rounding parameter
    /// if given, else by the given context. If neither parameter is given, then the
    /// rounding mode of the current default context is used.
    ///
    ["to_integral_exact"] "($self, /, rounding=None, context=None)" Bound(operations::d_to_integral_exact);
    /// Round to the nearest integer without signaling Inexact or Rounded.  The
    /// rounding mode is determined by the rounding parameter if given, else by
    /// the given context. If neither parameter is given, then the rounding mode
    /// of the current default context is used.
    ///
    ["to_integral_value"] "($self, /, rounding=None, context=None)" Bound(operations::d_to_integral_value);
    /// Return the square root of the argument to full precision. The result is
    /// correctly rounded using the ROUND_HALF_EVEN rounding mode.
    ///
    ["sqrt"] "($self, /, context=None)" Bound(operations::d_sqrt);
    /// Compare self to other.  Return a decimal value:
    ///
    ///     a or b is a NaN ==> Decimal('NaN')
    ///     a < b           ==> Decimal('-1')
    ///     a == b          ==> Decimal('0')
    ///     a > b           ==> Decimal('1')
    ///
    ["compare"] "($self, /, other, context=None)" Bound(operations::d_compare);
    /// Identical to compare, except that all NaNs signal.
    ///
    ["compare_signal"] "($self, /, other, context=None)" Bound(operations::d_compare_signal);
    /// Maximum of self and other.  If one operand is a quiet NaN and the other is
    /// numeric, the numeric operand is returned.
    ///
    ["max"] "($self, /, other, context=None)" Bound(operations::d_max);
    /// Similar to the max() method, but the comparison is done using the absolute
    /// values of the operands.
    ///
    ["max_mag"] "($self, /, other, context=None)" Bound(operations::d_max_mag);
    /// Minimum of self and other. If one operand is a quiet NaN and the other is
    /// numeric, the numeric operand is returned.
    ///
    ["min"] "($self, /, other, context=None)" Bound(operations::d_min);
    /// Similar to the min() method, but the comparison is done using the absolute
    /// values of the operands.
    ///
    ["min_mag"] "($self, /, other, context=None)" Bound(operations::d_min_mag);
    /// If the two operands are unequal, return the number closest to the first
    /// operand in the direction of the second operand.  If both operands are
    /// numerically equal, return a copy of the first operand with the sign set
    /// to be the same as the sign of the second operand.
    ///
    ["next_toward"] "($self, /, other, context=None)" Bound(operations::d_next_toward);
    /// Return a value equal to the first operand after rounding and having the
    /// exponent of the second operand.
    ///
    ///     >>> Decimal('1.41421356').quantize(Decimal('1.000'))
    ///     Decimal('1.414')
    ///
    /// Unlike other operations, if the length of the coefficient after the quantize
    /// operation would be greater than precision, then an InvalidOperation is signaled.
    /// This guarantees that, unless there is an error condition, the quantized exponent
    /// is always equal to that of the right-hand operand.
    ///
    /// Also unlike other operations, quantize never signals Underflow, even if the
    /// result is subnormal and inexact.
    ///
    /// If the exponent of the second operand is larger than that of the first, then
    /// rounding may be necessary. In this case, the rounding mode is determined by the
    /// rounding argument if given, else by the given context argument; if neither
    /// argument is given, the rounding mode of the current thread's context is used.
    ///
    ["quantize"] "($self, /, exp, rounding=None, context=None)" Bound(operations::d_quantize);
    /// Return the remainder from dividing self by other.  This differs from
    /// self % other in that the sign of the remainder is chosen so as to minimize
    /// its absolute value. More precisely, the return value is self - n * other
    /// where n is the integer nearest to the exact value of self / other, and
    /// if two integers are equally near then the even one is chosen.
    ///
    /// If the result is zero then its sign will be the sign of self.
    ///
    ["remainder_near"] "($self, /, other, context=None)" Bound(operations::d_remainder_near);
    /// Fused multiply-add.  Return self*other+third with no rounding of the
    /// intermediate product self*other.
    ///
    ///     >>> Decimal(2).fma(3, 5)
    ///     Decimal('11')
    ///
    ["fma"] "($self, /, other, third, context=None)" Bound(operations::d_fma);
    /// Return True if the argument is canonical and False otherwise.  Currently,
    /// a Decimal instance is always canonical, so this operation always returns
    /// True.
    ///
    ["is_canonical"] "($self, /)" None(operations::d_is_canonical);
    /// Return True if the argument is a finite number, and False if the argument
    /// is infinite or a NaN.
    ///
    ["is_finite"] "($self, /)" None(operations::d_is_finite);
    /// Return True if the argument is either positive or negative infinity and
    /// False otherwise.
    ///
    ["is_infinite"] "($self, /)" None(operations::d_is_infinite);
    /// Return True if the argument is a (quiet or signaling) NaN and False
    /// otherwise.
    ///
    ["is_nan"] "($self, /)" None(operations::d_is_nan);
    /// Return True if the argument is a quiet NaN, and False otherwise.
    ///
    ["is_qnan"] "($self, /)" None(operations::d_is_qnan);
    /// Return True if the argument is a signaling NaN and False otherwise.
    ///
    ["is_snan"] "($self, /)" None(operations::d_is_snan);
    /// Return True if the argument has a negative sign and False otherwise.
    /// Note that both zeros and NaNs can carry signs.
    ///
    ["is_signed"] "($self, /)" None(operations::d_is_signed);
    /// Return True if the argument is a (positive or negative) zero and False
    /// otherwise.
    ///
    ["is_zero"] "($self, /)" None(operations::d_is_zero);
    /// Return True if the argument is a normal finite non-zero number with an
    /// adjusted exponent greater than or equal to Emin. Return False if the
    /// argument is zero, subnormal, infinite or a NaN.
    ///
    ["is_normal"] "($self, /, context=None)" Bound(operations::d_is_normal);
    /// Return True if the argument is subnormal, and False otherwise. A number is
    /// subnormal if it is non-zero, finite, and has an adjusted exponent less
    /// than Emin.
    ///
    ["is_subnormal"] "($self, /, context=None)" Bound(operations::d_is_subnormal);
    /// Return the adjusted exponent of the number.  Defined as exp + digits - 1.
    ///
    ["adjusted"] "($self, /)" None(object::adjusted);
    /// Return the canonical encoding of the argument.  Currently, the encoding
    /// of a Decimal instance is always canonical, so this operation returns its
    /// argument unchanged.
    ///
    ["canonical"] "($self, /)" None(object::itself);
    /// Return self.
    ///
    ["conjugate"] "($self, /)" None(object::itself);
    /// Return Decimal(10), the radix (base) in which the Decimal class does
    /// all its arithmetic. Included for compatibility with the specification.
    ///
    ["radix"] "($self, /)" None(operations::radix);
    /// Return the absolute value of the argument.  This operation is unaffected by
    /// context and is quiet: no flags are changed and no rounding is performed.
    ///
    ["copy_abs"] "($self, /)" None(operations::d_copy_abs);
    /// Return the negation of the argument.  This operation is unaffected by context
    /// and is quiet: no flags are changed and no rounding is performed.
    ///
    ["copy_negate"] "($self, /)" None(operations::d_copy_negate);
    /// For a non-zero number, return the adjusted exponent of the operand as a
    /// Decimal instance.  If the operand is a zero, then Decimal('-Infinity') is
    /// returned and the DivisionByZero condition is raised. If the operand is
    /// an infinity then Decimal('Infinity') is returned.
    ///
    ["logb"] "($self, /, context=None)" Bound(operations::d_logb);
    /// Invert all its digits.
    ///
    /// The self must be logical number.
    ///
    ["logical_invert"] "($self, /, context=None)" Bound(operations::d_logical_invert);
    /// Return a string describing the class of the operand.  The returned value
    /// is one of the following ten strings:
    ///
    ///     * '-Infinity', indicating that the operand is negative infinity.
    ///     * '-Normal', indicating that the operand is a negative normal number.
    ///     * '-Subnormal', indicating that the operand is negative and subnormal.
    ///     * '-Zero', indicating that the operand is a negative zero.
    ///     * '+Zero', indicating that the operand is a positive zero.
    ///     * '+Subnormal', indicating that the operand is positive and subnormal.
    ///     * '+Normal', indicating that the operand is a positive normal number.
    ///     * '+Infinity', indicating that the operand is positive infinity.
    ///     * 'NaN', indicating that the operand is a quiet NaN (Not a Number).
    ///     * 'sNaN', indicating that the operand is a signaling NaN.
    ///
    ["number_class"] "($self, /, context=None)" Bound(operations::d_number_class);
    /// Convert to an engineering-type string.  Engineering notation has an exponent
    /// which is a multiple of 3, so there are up to 3 digits left of the decimal
    /// place. For example, Decimal('123E+1') is converted to Decimal('1.23E+3').
    ///
    /// The value of context.capitals determines whether the exponent sign is lower
    /// or upper case. Otherwise, the context does not affect the operation.
    ///
    ["to_eng_string"] "($self, /, context=None)" Bound(operations::d_to_eng_string);
    /// Compare two operands using their abstract representation rather than
    /// their numerical value.  Similar to the compare() method, but the result
    /// gives a total ordering on Decimal instances.  Two Decimal instances with
    /// the same numeric value but different representations compare unequal
    /// in this ordering:
    ///
    ///     >>> Decimal('12.0').compare_total(Decimal('12'))
    ///     Decimal('-1')
    ///
    /// Quiet and signaling NaNs are also included in the total ordering. The result
    /// of this function is Decimal('0') if both operands have the same representation,
    /// Decimal('-1') if the first operand is lower in the total order than the second,
    /// and Decimal('1') if the first operand is higher in the total order than the
    /// second operand. See the specification for details of the total order.
    ///
    /// This operation is unaffected by context and is quiet: no flags are changed
    /// and no rounding is performed. As an exception, the C version may raise
    /// InvalidOperation if the second operand cannot be converted exactly.
    ///
    ["compare_total"] "($self, /, other, context=None)" Bound(operations::d_compare_total);
    /// Compare two operands using their abstract representation rather than their
    /// value as in compare_total(), but ignoring the sign of each operand.
    ///
    /// x.compare_total_mag(y) is equivalent to x.copy_abs().compare_total(y.copy_abs()).
    ///
    /// This operation is unaffected by context and is quiet: no flags are changed
    /// and no rounding is performed. As an exception, the C version may raise
    /// InvalidOperation if the second operand cannot be converted exactly.
    ///
    ["compare_total_mag"] "($self, /, other, context=None)" Bound(operations::d_compare_total_mag);
    /// Return a copy of the first operand with the sign set to be the same as the
    /// sign of the second operand. For example:
    ///
    ///     >>> Decimal('2.3').copy_sign(Decimal('-1.5'))
    ///     Decimal('-2.3')
    ///
    /// This operation is unaffected by context and is quiet: no flags are changed
    /// and no rounding is performed. As an exception, the C version may raise
    /// InvalidOperation if the second operand cannot be converted exactly.
    ///
    ["copy_sign"] "($self, /, other, context=None)" Bound(operations::d_copy_sign);
    /// Test whether self and other have the same exponent or whether both are NaN.
    ///
    /// This operation is unaffected by context and is quiet: no flags are changed
    /// and no rounding is performed. As an exception, the C version may raise
    /// InvalidOperation if the second operand cannot be converted exactly.
    ///
    ["same_quantum"] "($self, /, other, context=None)" Bound(operations::d_same_quantum);
    /// Applies an 'and' operation between self and other's digits.
    ///
    /// Both self and other must be logical numbers.
    ///
    ["logical_and"] "($self, /, other, context=None)" Bound(operations::d_logical_and);
    /// Applies an 'or' operation between self and other's digits.
    ///
    /// Both self and other must be logical numbers.
    ///
    ["logical_or"] "($self, /, other, context=None)" Bound(operations::d_logical_or);
    /// Applies an 'xor' operation between self and other's digits.
    ///
    /// Both self and other must be logical numbers.
    ///
    ["logical_xor"] "($self, /, other, context=None)" Bound(operations::d_logical_xor);
    /// Return the result of rotating the digits of the first operand by an amount
    /// specified by the second operand.  The second operand must be an integer in
    /// the range -precision through precision. The absolute value of the second
    /// operand gives the number of places to rotate. If the second operand is
    /// positive then rotation is to the left; otherwise rotation is to the right.
    /// The coefficient of the first operand is padded on the left with zeros to
    /// length precision if necessary. The sign and exponent of the first operand are
    /// unchanged.
    ///
    ["rotate"] "($self, /, other, context=None)" Bound(operations::d_rotate);
    /// Return the first operand with the exponent adjusted the second.  Equivalently,
    /// return the first operand multiplied by 10**other. The second operand must be
    /// an integer.
    ///
    ["scaleb"] "($self, /, other, context=None)" Bound(operations::d_scaleb);
    /// Return the result of shifting the digits of the first operand by an amount
    /// specified by the second operand.  The second operand must be an integer in
    /// the range -precision through precision. The absolute value of the second
    /// operand gives the number of places to shift. If the second operand is
    /// positive, then the shift is to the left; otherwise the shift is to the
    /// right. Digits shifted into the coefficient are zeros. The sign and exponent
    /// of the first operand are unchanged.
    ///
    ["shift"] "($self, /, other, context=None)" Bound(operations::d_shift);
    /// Class method that converts a float to a decimal number, exactly.
    /// Since 0.1 is not exactly representable in binary floating point,
    /// Decimal.from_float(0.1) is not the same as Decimal('0.1').
    ///
    ///     >>> Decimal.from_float(0.1)
    ///     Decimal('0.1000000000000000055511151231257827021181583404541015625')
    ///     >>> Decimal.from_float(float('nan'))
    ///     Decimal('NaN')
    ///     >>> Decimal.from_float(float('inf'))
    ///     Decimal('Infinity')
    ///     >>> Decimal.from_float(float('-inf'))
    ///     Decimal('-Infinity')
    ///
    class ["from_float"] "($type, f, /)" One(object::from_float);
    /// Class method that converts a real number to a decimal number, exactly.
    ///
    ///     >>> Decimal.from_number(314)              # int
    ///     Decimal('314')
    ///     >>> Decimal.from_number(0.1)              # float
    ///     Decimal('0.1000000000000000055511151231257827021181583404541015625')
    ///     >>> Decimal.from_number(Decimal('3.14'))  # another decimal instance
    ///     Decimal('3.14')
    ///
    class ["from_number"] "($type, number, /)" One(object::from_number);
    /// Return a tuple representation of the number.
    ///
    ["as_tuple"] "($self, /)" None(object::as_tuple);
    /// Decimal.as_integer_ratio() -> (int, int)
    ///
    /// Return a pair of integers, whose ratio is exactly equal to the original
    /// Decimal and with a positive denominator. The ratio is in lowest terms.
    /// Raise OverflowError on infinities and a ValueError on NaNs.
    ///
    ["as_integer_ratio"] "($self, /)" None(object::as_integer_ratio);
    ["__copy__"] "($self, /)" None(object::itself);
    ["__deepcopy__"] "($self, object, /)" One(object::deepcopy);
    ["__format__"] "" Positional(object::format_method);
    ["__reduce__"] "($self, /)" None(object::reduce);
    ["__round__"] "" Positional(object::round);
    ["__ceil__"] "($self, /)" None(object::ceil);
    ["__floor__"] "($self, /)" None(object::floor);
    ["__trunc__"] "($self, /)" None(object::trunc);
    ["__complex__"] "($self, /)" None(object::to_complex);
    ["__sizeof__"] "($self, /)" None(object::sizeof);
}

methods! { CONTEXT:
    /// Return the absolute value of x.
    ///
    ["abs"] "($self, x, /)" One(operations::c_abs);
    /// Return e ** x.
    ///
    ["exp"] "($self, x, /)" One(operations::c_exp);
    /// Return the natural (base e) logarithm of x.
    ///
    ["ln"] "($self, x, /)" One(operations::c_ln);
    /// Return the base 10 logarithm of x.
    ///
    ["log10"] "($self, x, /)" One(operations::c_log10);
    /// Minus corresponds to the unary prefix minus operator in Python, but applies
    /// the context to the result.
    ///
    ["minus"] "($self, x, /)" One(operations::c_minus);
    /// Return the largest representable number smaller than x.
    ///
    ["next_minus"] "($self, x, /)" One(operations::c_next_minus);
    /// Return the smallest representable number larger than x.
    ///
    ["next_plus"] "($self, x, /)" One(operations::c_next_plus);
    /// Reduce x to its simplest form. Alias for reduce(x).
    ///
    ["normalize"] "($self, x, /)" One(operations::c_normalize);
    /// Plus corresponds to the unary prefix plus operator in Python, but applies
    /// the context to the result.
    ///
    ["plus"] "($self, x, /)" One(operations::c_plus);
    /// Identical to to_integral_value(x).
    ///
    ["to_integral"] "($self, x, /)" One(operations::c_to_integral_value);
    /// Round to an integer. Signal if the result is rounded or inexact.
    ///
    ["to_integral_exact"] "($self, x, /)" One(operations::c_to_integral_exact);
    /// Round to an integer.
    ///
    ["to_integral_value"] "($self, x, /)" One(operations::c_to_integral_value);
    /// Square root of a non-negative number to context precision.
    ///
    ["sqrt"] "($self, x, /)" One(operations::c_sqrt);
    /// Return the sum of x and y.
    ///
    ["add"] "($self, x, y, /)" Positional(operations::c_add);
    /// Compare x and y numerically.
    ///
    ["compare"] "($self, x, y, /)" Positional(operations::c_compare);
    /// Compare x and y numerically.  All NaNs signal.
    ///
    ["compare_signal"] "($self, x, y, /)" Positional(operations::c_compare_signal);
    /// Return x divided by y.
    ///
    ["divide"] "($self, x, y, /)" Positional(operations::c_divide);
    /// Return x divided by y, truncated to an integer.
    ///
    ["divide_int"] "($self, x, y, /)" Positional(operations::c_divide_int);
    /// Return quotient and remainder of the division x / y.
    ///
    ["divmod"] "($self, x, y, /)" Positional(operations::c_divmod);
    /// Compare the values numerically and return the maximum.
    ///
    ["max"] "($self, x, y, /)" Positional(operations::c_max);
    /// Compare the values numerically with their sign ignored.
    ///
    ["max_mag"] "($self, x, y, /)" Positional(operations::c_max_mag);
    /// Compare the values numerically and return the minimum.
    ///
    ["min"] "($self, x, y, /)" Positional(operations::c_min);
    /// Compare the values numerically with their sign ignored.
    ///
    ["min_mag"] "($self, x, y, /)" Positional(operations::c_min_mag);
    /// Return the product of x and y.
    ///
    ["multiply"] "($self, x, y, /)" Positional(operations::c_multiply);
    /// Return the number closest to x, in the direction towards y.
    ///
    ["next_toward"] "($self, x, y, /)" Positional(operations::c_next_toward);
    /// Return a value equal to x (rounded), having the exponent of y.
    ///
    ["quantize"] "($self, x, y, /)" Positional(operations::c_quantize);
    /// Return the remainder from integer division.  The sign of the result,
    /// if non-zero, is the same as that of the original dividend.
    ///
    ["remainder"] "($self, x, y, /)" Positional(operations::c_remainder);
    /// Return x - y * n, where n is the integer nearest the exact value of x / y
    /// (if the result is 0 then its sign will be the sign of x).
    ///
    ["remainder_near"] "($self, x, y, /)" Positional(operations::c_remainder_near);
    /// Return the difference between x and y.
    ///
    ["subtract"] "($self, x, y, /)" Positional(operations::c_subtract);
    /// Compute a**b. If 'a' is negative, then 'b' must be integral. The result
    /// will be inexact unless 'a' is integral and the result is finite and can
    /// be expressed exactly in 'precision' digits.  In the Python version the
    /// result is always correctly rounded, in the C version the result is almost
    /// always correctly rounded.
    ///
    /// If modulo is given, compute (a**b) % modulo. The following restrictions
    /// hold:
    ///
    ///     * all three arguments must be integral
    ///     * 'b' must be nonnegative
    ///     * at least one of 'a' or 'b' must be nonzero
    ///     * modulo must be nonzero and less than 10**prec in absolute value
    ///
    ["power"] "($self, /, a, b, modulo=None)" Bound(operations::c_power);
    /// Return x multiplied by y, plus z.
    ///
    ["fma"] "($self, x, y, z, /)" Positional(operations::c_fma);
    /// Return a value equal to Emin - prec + 1, which is the minimum exponent value
    /// for subnormal results.  When underflow occurs, the exponent is set to Etiny.
    ///
    ["Etiny"] "($self, /)" None(context::etiny);
    /// Return a value equal to Emax - prec + 1.  This is the maximum exponent
    /// if the _clamp field of the context is set to 1 (IEEE clamp mode).  Etop()
    /// must not be negative.
    ///
    ["Etop"] "($self, /)" None(context::etop);
    /// Return 10.
    ///
    ["radix"] "($self, /)" None(operations::radix);
    /// Return True if x is canonical, False otherwise.
    ///
    ["is_canonical"] "($self, x, /)" One(operations::c_is_canonical);
    /// Return True if x is finite, False otherwise.
    ///
    ["is_finite"] "($self, x, /)" One(operations::c_is_finite);
    /// Return True if x is infinite, False otherwise.
    ///
    ["is_infinite"] "($self, x, /)" One(operations::c_is_infinite);
    /// Return True if x is a qNaN or sNaN, False otherwise.
    ///
    ["is_nan"] "($self, x, /)" One(operations::c_is_nan);
    /// Return True if x is a normal number, False otherwise.
    ///
    ["is_normal"] "($self, x, /)" One(operations::c_is_normal);
    /// Return True if x is a quiet NaN, False otherwise.
    ///
    ["is_qnan"] "($self, x, /)" One(operations::c_is_qnan);
    /// Return True if x is negative, False otherwise.
    ///
    ["is_signed"] "($self, x, /)" One(operations::c_is_signed);
    /// Return True if x is a signaling NaN, False otherwise.
    ///
    ["is_snan"] "($self, x, /)" One(operations::c_is_snan);
    /// Return True if x is subnormal, False otherwise.
    ///
    ["is_subnormal"] "($self, x, /)" One(operations::c_is_subnormal);
    /// Return True if x is a zero, False otherwise.
    ///
    ["is_zero"] "($self, x, /)" One(operations::c_is_zero);
    ["_apply"] "($self, object, /)" One(operations::c_apply);
    /// Return a new instance of x.
    ///
    ["canonical"] "($self, x, /)" One(operations::c_canonical);
    /// Return a copy of x with the sign set to 0.
    ///
    ["copy_abs"] "($self, x, /)" One(operations::c_copy_abs);
    /// Return a copy of Decimal x.
    ///
    ["copy_decimal"] "($self, x, /)" One(operations::c_copy_decimal);
    /// Return a copy of x with the sign inverted.
    ///
    ["copy_negate"] "($self, x, /)" One(operations::c_copy_negate);
    /// Return the exponent of the magnitude of the operand's MSD.
    ///
    ["logb"] "($self, x, /)" One(operations::c_logb);
    /// Invert all the digits in the operand.
    ///
    /// The operand must be a logical number.
    ///
    ///     >>> ExtendedContext.logical_invert(Decimal('0'))
    ///     Decimal('111111111')
    ///     >>> ExtendedContext.logical_invert(Decimal('1'))
    ///     Decimal('111111110')
    ///     >>> ExtendedContext.logical_invert(Decimal('111111111'))
    ///     Decimal('0')
    ///     >>> ExtendedContext.logical_invert(Decimal('101010101'))
    ///     Decimal('10101010')
    ///     >>> ExtendedContext.logical_invert(1101)
    ///     Decimal('111110010')
    ///
    ["logical_invert"] "($self, x, /)" One(operations::c_logical_invert);
    /// Return an indication of the class of x.
    ///
    ["number_class"] "($self, x, /)" One(operations::c_number_class);
    /// Convert a number to a string using scientific notation.
    ///
    ["to_sci_string"] "($self, x, /)" One(operations::c_to_sci_string);
    /// Convert a number to a string, using engineering notation.
    ///
    ["to_eng_string"] "($self, x, /)" One(operations::c_to_eng_string);
    /// Compare x and y using their abstract representation.
    ///
    ["compare_total"] "($self, x, y, /)" Positional(operations::c_compare_total);
    /// Compare x and y using their abstract representation, ignoring sign.
    ///
    ["compare_total_mag"] "($self, x, y, /)" Positional(operations::c_compare_total_mag);
    /// Copy the sign from y to x.
    ///
    ["copy_sign"] "($self, x, y, /)" Positional(operations::c_copy_sign);
    /// Applies the logical operation 'and' between each operand's digits.
    ///
    /// The operands must be both logical numbers.
    ///
    ///     >>> ExtendedContext.logical_and(Decimal('0'), Decimal('0'))
    ///     Decimal('0')
    ///     >>> ExtendedContext.logical_and(Decimal('0'), Decimal('1'))
    ///     Decimal('0')
    ///     >>> ExtendedContext.logical_and(Decimal('1'), Decimal('0'))
    ///     Decimal('0')
    ///     >>> ExtendedContext.logical_and(Decimal('1'), Decimal('1'))
    ///     Decimal('1')
    ///     >>> ExtendedContext.logical_and(Decimal('1100'), Decimal('1010'))
    ///     Decimal('1000')
    ///     >>> ExtendedContext.logical_and(Decimal('1111'), Decimal('10'))
    ///     Decimal('10')
    ///     >>> ExtendedContext.logical_and(110, 1101)
    ///     Decimal('100')
    ///     >>> ExtendedContext.logical_and(Decimal(110), 1101)
    ///     Decimal('100')
    ///     >>> ExtendedContext.logical_and(110, Decimal(1101))
    ///     Decimal('100')
    ///
    ["logical_and"] "($self, x, y, /)" Positional(operations::c_logical_and);
    /// Applies the logical operation 'or' between each operand's digits.
    ///
    /// The operands must be both logical numbers.
    ///
    ///     >>> ExtendedContext.logical_or(Decimal('0'), Decimal('0'))
    ///     Decimal('0')
    ///     >>> ExtendedContext.logical_or(Decimal('0'), Decimal('1'))
    ///     Decimal('1')
    ///     >>> ExtendedContext.logical_or(Decimal('1'), Decimal('0'))
    ///     Decimal('1')
    ///     >>> ExtendedContext.logical_or(Decimal('1'), Decimal('1'))
    ///     Decimal('1')
    ///     >>> ExtendedContext.logical_or(Decimal('1100'), Decimal('1010'))
    ///     Decimal('1110')
    ///     >>> ExtendedContext.logical_or(Decimal('1110'), Decimal('10'))
    ///     Decimal('1110')
    ///     >>> ExtendedContext.logical_or(110, 1101)
    ///     Decimal('1111')
    ///     >>> ExtendedContext.logical_or(Decimal(110), 1101)
    ///     Decimal('1111')
    ///     >>> ExtendedContext.logical_or(110, Decimal(1101))
    ///     Decimal('1111')
    ///
    ["logical_or"] "($self, x, y, /)" Positional(operations::c_logical_or);
    /// Applies the logical operation 'xor' between each operand's digits.
    ///
    /// The operands must be both logical numbers.
    ///
    ///     >>> ExtendedContext.logical_xor(Decimal('0'), Decimal('0'))
    ///     Decimal('0')
    ///     >>> ExtendedContext.logical_xor(Decimal('0'), Decimal('1'))
    ///     Decimal('1')
    ///     >>> ExtendedContext.logical_xor(Decimal('1'), Decimal('0'))
    ///     Decimal('1')
    ///     >>> ExtendedContext.logical_xor(Decimal('1'), Decimal('1'))
    ///     Decimal('0')
    ///     >>> ExtendedContext.logical_xor(Decimal('1100'), Decimal('1010'))
    ///     Decimal('110')
    ///     >>> ExtendedContext.logical_xor(Decimal('1111'), Decimal('10'))
    ///     Decimal('1101')
    ///     >>> ExtendedContext.logical_xor(110, 1101)
    ///     Decimal('1011')
    ///     >>> ExtendedContext.logical_xor(Decimal(110), 1101)
    ///     Decimal('1011')
    ///     >>> ExtendedContext.logical_xor(110, Decimal(1101))
    ///     Decimal('1011')
    ///
    ["logical_xor"] "($self, x, y, /)" Positional(operations::c_logical_xor);
    /// Return a copy of x, rotated by y places.
    ///
    ["rotate"] "($self, x, y, /)" Positional(operations::c_rotate);
    /// Return True if the two operands have the same exponent.
    ///
    ["same_quantum"] "($self, x, y, /)" Positional(operations::c_same_quantum);
    /// Return the first operand after adding the second value to its exp.
    ///
    ["scaleb"] "($self, x, y, /)" Positional(operations::c_scaleb);
    /// Return a copy of x, shifted by y places.
    ///
    ["shift"] "($self, x, y, /)" Positional(operations::c_shift);
    /// Reset all flags to False.
    ///
    ["clear_flags"] "($self, /)" None(context::clear_flags);
    /// Set all traps to False.
    ///
    ["clear_traps"] "($self, /)" None(context::clear_traps);
    ["__copy__"] "($self, /)" None(context::copy);
    ["__reduce__"] "($self, /)" None(context::reduce);
    /// Return a duplicate of the context.
    ///
    ["copy"] "($self, /)" None(context::copy);
    /// Create a new Decimal instance from num, using self as the context. Unlike the
    /// Decimal constructor, this function observes the context limits.
    ///
    ["create_decimal"] "($self, num='0', /)" Bound(operations::create_decimal);
    /// Create a new Decimal instance from float f.  Unlike the Decimal.from_float()
    /// class method, this function observes the context limits.
    ///
    ["create_decimal_from_float"] "($self, f, /)" One(operations::create_decimal_from_float);
}

/// The methods of `Decimal`.
pub(super) const DECIMAL_METHODS: &[MethodDef] = DECIMAL;
/// The methods of `Context`.
pub(super) const CONTEXT_METHODS: &[MethodDef] = CONTEXT;
